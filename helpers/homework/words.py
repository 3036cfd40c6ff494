"""The words of cards and notes, in English and Chinese."""

_WORDS = {
    'device': ('Device', '设备'),
    'driver': ('driver', '驱动'),
    'versions': ('Versions', '版本'),
    'checks': ('Environment', '环境检查'),
    'passed': ('checks passed', '项通过'),
    'table': ('Measured', '测量'),
    'memory': ('Memory', '显存'),
    'before': ('before', '之前'),
    'after': ('after', '之后'),
    'predicted': ('predicted', '预测'),
    'of': ('of', '共'),
    'tokens fit': ('tokens fit', '个 token 可容纳'),
    'characters': ('characters', '字'),
    'settings': ('Settings', '设置'),
    'code': ('Code', '代码'),
    'dialogue': ('Dialogue', '模型问答'),
    'question': ('Question', '问'),
    'answer': ('Answer', '答'),
    'card': ('Card', '作业卡'),
    'screenshots': ('Screenshots', '截图'),
    'taken': ('taken', '拍摄于'),
    'homework': ('LMDeploy homework', 'LMDeploy 作业'),
    'notes by': ('by', '作者'),
    'links': ('Links', '链接'),
    'basic': ('Basic tasks', '基础作业'),
    'advanced': ('Advanced tasks', '进阶作业'),
    'card tasks': ('Cards of the chapters', '各章作业卡'),
    'asked': ('Asked for', '要求'),
    'open': ('Still missing', '尚缺'),
    'about': (
        'Made by the course from what was collected while the cells ran; evidence.json holds all of it, '
        'manifest.json the SHA-256 of every file.',
        '本文由课程根据单元格运行时收集的证据生成；全部内容见 evidence.json，各文件的 SHA-256 见 manifest.json。',
    ),
    'engine': ('Engine', '引擎'),
    'used': ('used by it', '占用'),
}


def say(word: str, language: str) -> str:
    """The word in the language, 'en' or 'zh'."""
    return _WORDS[word][language == 'zh']
