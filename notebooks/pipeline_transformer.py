"""Two questions to a model through transformers: `python pipeline_transformer.py FOLDER`."""

import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
on_gpu = torch.cuda.is_available()
dtype = torch.float16 if on_gpu else torch.float32
tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, trust_remote_code=False)
model = model.to('cuda' if on_gpu else 'cpu')

history = []
for question in ('hello', 'please provide three suggestions about time management'):
    print('[INPUT]', question)
    history.append({'role': 'user', 'content': question})
    inputs = tokenizer.apply_chat_template(history, add_generation_prompt=True, return_tensors='pt', return_dict=True)
    tokens = model.generate(**inputs.to(model.device), max_new_tokens=128, do_sample=False)
    answer = tokenizer.decode(tokens[0, inputs['input_ids'].shape[1] :], skip_special_tokens=True)
    history.append({'role': 'assistant', 'content': answer})
    print('[OUTPUT]', answer)
