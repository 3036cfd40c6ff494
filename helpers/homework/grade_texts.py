"""What the grader says, in English and Chinese."""

_TEXTS = {
    # criteria of a task
    'complete': ('All that the task asks for is there.', '题目要求的内容齐全。'),
    'incomplete': ('Something is missing.', '缺少内容。'),
    'absent': ('This task is not in the submission.', '提交中没有这一题。'),
    'other-chapter': (
        "The evidence comes from another chapter's run (chapter {found}; this task is of {wanted}).",
        '证据来自另一章的运行（第 {found} 章；本题属于第 {wanted} 章）。',
    ),
    'memory-agrees': (
        '{label}: {used:.0f} MiB in use; predicted for ratio {ratio:g}: {predicted:.0f} MiB (accepted: '
        '{least:.0f} to {most:.0f}).',
        '{label}：占用 {used:.0f} MiB；按比例 {ratio:g} 预测为 {predicted:.0f} MiB'
        '（可接受 {least:.0f} 至 {most:.0f}）。',
    ),
    'memory-differs': (
        '{label}: {used:.0f} MiB in use, but ratio {ratio:g} takes {predicted:.0f} MiB (accepted: {least:.0f} to '
        '{most:.0f}). Was an engine with other settings running?',
        '{label}：占用 {used:.0f} MiB，而比例 {ratio:g} 应占用 {predicted:.0f} MiB'
        '（可接受 {least:.0f} 至 {most:.0f}）。'
        '运行的引擎是否用了别的设置？',
    ),
    'blocks-differ': (
        '{label}: the cache has {found} blocks; ratio {ratio:g} gives {wanted}.',
        '{label}：缓存有 {found} 个块，而比例 {ratio:g} 应为 {wanted} 个。',
    ),
    'memory-unmeasured': (
        '{label}: could not check the memory: nobody has measured {device} yet.',
        '{label}：无法核对显存：{device} 尚未测量过。',
    ),
    'memory-unknown-model': (
        '{label}: could not check the memory: the grader does not know the shape of {name}.',
        '{label}：无法核对显存：评分程序不认识 {name} 的结构。',
    ),
    'memory-other-version': (
        '{label}: could not check the memory: LMDeploy {found}, and the prediction is for {wanted}.',
        '{label}：无法核对显存：LMDeploy 版本为 {found}，预测针对 {wanted}。',
    ),
    'memory-no-prediction': (
        '{label}: could not check the memory: {why}.',
        '{label}：无法核对显存：{why}。',
    ),
    'memory-another-engine': (
        '{label}: could not check the memory: another engine was still there when the task began.',
        '{label}：无法核对显存：开始本题时另一个引擎尚未释放。',
    ),
    'memory-of-a-command': (
        '{label}: could not check the memory: a command in a terminal need not run while it is read.',
        '{label}：无法核对显存：读取显存时，终端中的命令可能并未运行。',
    ),
    'w4a16': (
        '{label}: the checkpoint {name} is W4A16, {mib:.1f} MiB as {model} has it.',
        '{label}：权重 {name} 为 W4A16，{mib:.1f} MiB，与 {model} 相符。',
    ),
    'w4a16-not': (
        '{label}: the checkpoint {name} is not W4A16: it says {says}, and its tensors take {mib:.1f} MiB.',
        '{label}：权重 {name} 不是 W4A16：标注为 {says}，张量共 {mib:.1f} MiB。',
    ),
    'w4a16-unknown': (
        '{label}: {name} says it is W4A16; the grader does not know its shape, so could not check its size.',
        '{label}：{name} 标注为 W4A16；评分程序不认识其结构，无法核对大小。',
    ),
    'plausible': (
        'The model can have written the answer: a mean log-probability of {score:.2f} per token (accepted: '
        '{least:.2f} and above).',
        '回答与模型相符：每个 token 的平均对数概率为 {score:.2f}（可接受 {least:.2f} 及以上）。',
    ),
    'implausible': (
        'This model hardly wrote the answer “{start}…”: a mean log-probability of {score:.2f} per token; accepted: '
        '{least:.2f} and above. Was the text changed, or is it of another model?',
        '回答“{start}……”不像该模型所写：每个 token 的平均对数概率为 {score:.2f}，可接受 {least:.2f} 及以上。'
        '文字是否改动过，或出自别的模型？',
    ),
    'unscored': ('Answers not checked against the model: {why}', '未用模型核对回答：{why}'),
    'why-no-scores': ('scores were not asked for.', '未要求打分。'),
    'why-other-model': (
        'no band was measured for {name}, only for tiny-chat.',
        '只有 tiny-chat 有实测范围，{name} 没有。',
    ),
    'why-other-weights': (
        'the weights of {name} are not those of the tiny-chat that the grader has.',
        '{name} 的权重与评分者的 tiny-chat 不同。',
    ),
    'why-no-engine': ('the engine {name} is not in the evidence.', '证据中没有引擎 {name}。'),
    'why-sampling': ('temperature {found}; the band was measured up to 1.', '温度为 {found}；实测范围到 1 为止。'),
    'why-picture-or-tools': (
        'the conversation holds pictures or tools.',
        '对话含图片或工具。',
    ),
    'why-short': (
        'under {least} characters, which says too little.',
        '不足 {least} 字，信息太少。',
    ),
    'why-long': ('too long for the model.', '超出模型长度。'),
    'why-failed': ('the model could not be run here ({error}).', '此处无法运行模型（{error}）。'),
    'rows-consistent': (
        'The rows agree with each other: same prompts and tokens, speed = tokens / time, each engine as its row says.',
        '各行自洽：数据与 token 数相同，速度 = token 数 / 时间，引擎与各行相符。',
    ),
    'rows-memory-consistent': (
        'The rows agree with their engines and with the prediction.',
        '各行与其引擎及预测相符。',
    ),
    'row-speed': (
        'Row {case}: {tokens:g} tokens in {time:g} s are {wanted:.1f} tokens/s, not {found:g}.',
        '{case} 一行：{tokens:g} 个 token 用时 {time:g} 秒，应为 {wanted:.1f} token/s，而非 {found:g}。',
    ),
    'row-number': ('Row {case}: {field} is {found!r}.', '{case} 一行：{field} 为 {found!r}。'),
    'row-differs': (
        'Row {case}: {field} is {found}, and {wanted} in the first row: not the same work.',
        '{case} 一行：{field} 为 {found}，而第一行为 {wanted}：所做的工作不同。',
    ),
    'row-weights': (
        "Row {case}: its engine's checkpoint {name} is {found}; the row needs {wanted}.",
        '{case} 一行：引擎的权重 {name} 为 {found}，该行要求 {wanted}。',
    ),
    'row-kv': (
        "Row {case}: its engine's quant_policy is {found}; the row needs {wanted}.",
        '{case} 一行：引擎的 quant_policy 为 {found}，该行要求 {wanted}。',
    ),
    'row-engine': (
        'Row {case}: its engine {label} is {found}; the row needs {wanted}.',
        '{case} 一行：引擎 {label} 为 {found}，该行要求 {wanted}。',
    ),
    'row-no-engine': (
        'Row {case}: the engine {label} is not in the evidence.',
        '{case} 一行：证据中没有引擎 {label}。',
    ),
    'row-twice': ('Row {case} is there twice.', '{case} 一行出现了两次。'),
    'row-used': (
        'Row {case}: peak - before is {wanted:.0f} MiB, not {found:.0f}.',
        '{case} 一行：峰值减之前为 {wanted:.0f} MiB，而非 {found:.0f}。',
    ),
    'row-tokens': (
        'Row {case}: {found:g} tokens fit, it says; these settings give {wanted:g}.',
        '{case} 一行：自称可容纳 {found:g} 个 token，而按其设置应为 {wanted:g}。',
    ),
    # flags
    'bad-file': ('{why}', '无法读取：{why}'),
    'edited': (
        '{task}: the evidence was changed after it was made: its code is {found}, its content gives {wanted}.',
        '{task}：证据在生成后被改动：其代码为 {found}，而内容对应 {wanted}。',
    ),
    'card-differs': (
        '{task}: the card shows the code {found}, the evidence {wanted}: a card of other evidence.',
        '{task}：作业卡的代码为 {found}，证据为 {wanted}：作业卡属于别的证据。',
    ),
    'manifest-changed': ('{file} was changed after the manifest was made.', '{file} 在清单生成后被改动。'),
    'manifest-missing': ('{file} is in the manifest, but not in the zip.', '清单中有 {file}，压缩包中没有。'),
    'manifest-extra': ('{file} is in the zip, but not in the manifest.', '压缩包中有 {file}，清单中没有。'),
    'manifest-digest': (
        "The manifest's digest is not that of its files: it was changed by hand.",
        '清单的摘要与其文件不符：清单被手工改动。',
    ),
    'manifest-name': (
        'The manifest names {found}, the evidence {wanted}.',
        '清单中的姓名为 {found}，证据中为 {wanted}。',
    ),
    'evidence-name': (
        '{task}: the evidence bears the name {found}, not {wanted}.',
        '{task}：证据中的姓名为 {found}，不是 {wanted}。',
    ),
    'task-twice': ('{task} is there twice; the first counts.', '{task} 出现了两次，以第一次为准。'),
    'task-unknown': ('{task} is no task of this course.', '{task} 不是本课程的题目。'),
    'picture-lost': (
        '{task}: {file} is in the evidence, but not in the zip.',
        '{task}：证据中有 {file}，压缩包中没有。',
    ),
    'picture-changed': (
        '{task}: {file} is not the picture that was added to the evidence.',
        '{task}：{file} 不是加入证据时的图片。',
    ),
    'picture-unreadable': ('{file} cannot be shown: {why}.', '{file} 无法显示：{why}。'),
    'picture-twice': ('{file} and {other} are the same picture.', '{file} 与 {other} 是同一张图片。'),
    'out-of-order': (
        '{task}: cells ran in another order than they stand (In [{before}], then In [{after}]).',
        '{task}：单元格未按顺序运行（先 In [{before}]，后 In [{after}]）。',
    ),
    'time-order': (
        '{task}: times that do not fit: {first} is at {first_time}, before {second} at {second_time}.',
        '{task}：时间不合理：{first} 在 {first_time}，早于 {second} 的 {second_time}。',
    ),
    'time-sum': (
        '{task}: its answers and rows took {found:.0f} s, but it was begun and finished within {wanted:.0f} s.',
        '{task}：回答与测量共用 {found:.0f} 秒，而从开始到结束只有 {wanted:.0f} 秒。',
    ),
    'time-future': ('{task}: made at {found}, which is yet to come.', '{task}：生成于 {found}，尚未到来。'),
    'speed': (
        '{task}: {tokens} tokens in {time:g} s are not {found:g} tokens/s.',
        '{task}：{tokens} 个 token 用时 {time:g} 秒，不是 {found:g} token/s。',
    ),
    'overlap': (
        '{task} and {other} ran at the same time in two kernels.',
        '{task} 与 {other} 在两个内核中同时运行。',
    ),
    'prediction-differs': (
        '{task}, {label}: the evidence predicts {found:.0f} MiB; the same settings give {wanted:.0f} MiB here.',
        '{task}，{label}：证据中的预测为 {found:.0f} MiB，此处按同样设置为 {wanted:.0f} MiB。',
    ),
    # copies
    'same-archive': ('The very same file as {other}.', '与 {other} 是同一个文件。'),
    'same-run': (
        '{task}: from the same run of a notebook as the evidence of {other}.',
        '{task}：与 {other} 的证据出自 notebook 的同一次运行。',
    ),
    'same-evidence': (
        '{task}: the same bytes and times as {other}.',
        '{task}：占用字节与用时同 {other} 完全一致。',
    ),
    'same-picture': (
        '{file}: the same picture as {other_file} of {other}.',
        '{file}：与 {other} 的 {other_file} 相同。',
    ),
    'alike-picture': (
        '{file}: looks like {other_file} of {other}. Honest screenshots of one page may: look yourself.',
        '{file}：与 {other} 的 {other_file} 相似。同一页面的截图也可能如此，请自行查看。',
    ),
    'same-name': ('{other} bears the same name.', '{other} 用了同一个姓名。'),
    # words of the pages
    'title': ('Homework: overview', '作业总览'),
    'report-title': ('Your homework', '你的作业'),
    'help-not-lock': (
        'A help to judge, not a lock: learners sign their own manifest. What could not be checked costs nothing. '
        'Look before you believe a flag.',
        '这是辅助判断的工具，不是锁：清单由学员自己生成。无法核对的内容不扣分。相信任何标记之前，请先亲自查看。',
    ),
    'learner': ('Learner', '学员'),
    'points': ('Points', '得分'),
    'of': ('of', '满分'),
    'task': ('Task', '题目'),
    'total': ('Total', '总分'),
    'flags': ('To look at', '需查看'),
    'no-flags': ('Nothing stood out.', '没有异常。'),
    'pictures': ('Pictures, task by task', '各题图片'),
    'no-pictures': ('No pictures.', '没有图片。'),
    'report': ('report', '报告'),
    'unreadable': ('Not graded', '未评分'),
    'answers': ('Answers', '模型回答'),
    'met': ('met', '达到'),
    'not met': ('not met', '未达到'),
    'not checked': ('could not check', '无法核对'),
    'wrong': ('does not fit', '不一致'),
    'look': ('look', '请查看'),
    'cards': ("Chapters' cards", '各章作业卡'),
    'links': ('Links', '链接'),
    'file': ('File', '文件'),
    'made': ('packed', '打包于'),
    'device': ('Device', '设备'),
    'ask': (
        'Something here is wrong? Tell your instructor: this was made by a program.',
        '如有疑问请告诉老师：本报告由程序生成。',
    ),
}


_LONGEST = 160  # of a value: a name or a label can be made as long as one likes


def say(key: str, language: str, **values) -> str:
    """The text `key` in 'en' or 'zh', with `values` put in; those that have texts of their own are put in as text."""
    return _TEXTS[key][language == 'zh'].format(**{name: _told(value, language) for name, value in values.items()})


def _told(value, language: str):
    if hasattr(value, 'text'):
        return value.text(language)
    if isinstance(value, str) and len(value) > _LONGEST:
        return value[:_LONGEST] + '…'
    return value
