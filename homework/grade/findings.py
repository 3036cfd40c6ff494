"""What the grader can find, by the name that its code and its tests use."""

from homework.texts import message

FINDINGS = {
    # criteria of a task
    'complete': message('All that the task asks for is there.'),
    'incomplete': message('Something is missing.'),
    'absent': message('This task is not in the submission.'),
    'other-chapter': message(
        "The evidence comes from another chapter's run (chapter {found}; this task is of {wanted})."
    ),
    'memory-agrees': message(
        '{label}: {used:.0f} MiB in use; predicted for ratio {ratio:g}: {predicted:.0f} MiB (accepted: '
        '{least:.0f} to {most:.0f}).'
    ),
    'memory-differs': message(
        '{label}: {used:.0f} MiB in use, but ratio {ratio:g} takes {predicted:.0f} MiB (accepted: '
        '{least:.0f} to {most:.0f}). Was an engine with other settings running?'
    ),
    'blocks-differ': message('{label}: the cache has {found} blocks; ratio {ratio:g} gives {wanted}.'),
    'memory-unmeasured': message('{label}: could not check the memory: nobody has measured {device} yet.'),
    'memory-unknown-model': message(
        '{label}: could not check the memory: the grader does not know the shape of {name}.'
    ),
    'memory-other-version': message(
        '{label}: could not check the memory: LMDeploy {found}, and the prediction is for {wanted}.'
    ),
    'memory-no-prediction': message('{label}: could not check the memory: {why}.'),
    'memory-another-engine': message(
        '{label}: could not check the memory: another engine was still there when the task began.'
    ),
    'memory-of-a-command': message(
        '{label}: could not check the memory: a command in a terminal need not run while it is read.'
    ),
    'w4a16': message('{label}: the checkpoint {name} is W4A16, {mib:.1f} MiB as {model} has it.'),
    'w4a16-not': message(
        '{label}: the checkpoint {name} is not W4A16: it says {says}, and its tensors take {mib:.1f} MiB.'
    ),
    'w4a16-unknown': message(
        '{label}: {name} says it is W4A16; the grader does not know its shape, so could not check its size.'
    ),
    'plausible': message(
        'The model can have written the answer: a mean log-probability of {score:.2f} per token (accepted: '
        '{least:.2f} and above).'
    ),
    'implausible': message(
        'This model hardly wrote the answer “{start}…”: a mean log-probability of {score:.2f} per token; '
        'accepted: {least:.2f} and above. Was the text changed, or is it of another model?'
    ),
    'unscored': message('Answers not checked against the model: {why}'),
    'why-no-scores': message('scores were not asked for.'),
    'why-other-model': message('no band was measured for {name}, only for tiny-chat.'),
    'why-other-weights': message('the weights of {name} are not those of the tiny-chat that the grader has.'),
    'why-no-engine': message('the engine {name} is not in the evidence.'),
    'why-sampling': message('temperature {found}; the band was measured up to 1.'),
    'why-picture-or-tools': message('the conversation holds pictures or tools.'),
    'why-short': message('under {least} characters, which says too little.'),
    'why-long': message('too long for the model.'),
    'why-failed': message('the model could not be run here ({error}).'),
    'rows-consistent': message(
        'The rows agree with each other: same prompts and tokens, speed = tokens / time, each engine as its row says.'
    ),
    'rows-memory-consistent': message('The rows agree with their engines and with the prediction.'),
    'row-speed': message('Row {case}: {tokens:g} tokens in {time:g} s are {wanted:.1f} tokens/s, not {found:g}.'),
    'row-number': message('Row {case}: {field} is {found!r}.'),
    'row-differs': message('Row {case}: {field} is {found}, and {wanted} in the first row: not the same work.'),
    'row-weights': message("Row {case}: its engine's checkpoint {name} is {found}; the row needs {wanted}."),
    'row-kv': message("Row {case}: its engine's quant_policy is {found}; the row needs {wanted}."),
    'row-engine': message('Row {case}: its engine {label} is {found}; the row needs {wanted}.'),
    'row-no-engine': message('Row {case}: the engine {label} is not in the evidence.'),
    'row-twice': message('Row {case} is there twice.'),
    'row-used': message('Row {case}: peak - before is {wanted:.0f} MiB, not {found:.0f}.'),
    'row-tokens': message('Row {case}: {found:g} tokens fit, it says; these settings give {wanted:g}.'),
    'training-fits': message('The training fits its settings: {trained:,} numbers learned, and the loss fell.'),
    'training-unknown': message('Could not check the training: the grader does not know the shape of the model.'),
    'training-numbers': message('The training learned {found:,} numbers; rank {rank} on this model gives {wanted:,}.'),
    'training-steps': message('The training had {found} steps; its epochs, batches and conversations give {wanted}.'),
    'training-loss': message('The loss went from {first:.2f} to {last:.2f}: it did not fall.'),
    'exam-passed': message('{share:.0%} or more of the replies say {name}, in 16 bit and in four, counted again.'),
    'exam-questions': message("{label}: the questions are not the course's held-out ones, each with a reply."),
    'exam-count': message('{label}: {wanted} of the replies say the name, not {found}.'),
    'exam-failed': message('{label}: {found} of {all} replies say {name}; {least:.0%} are asked for.'),
    'page-tried': message('The dry run ended cleanly: the page after {ready:.1f} s, {mib} MiB of memory, an answer.'),
    'page-address': message('Could not check the page: it is at {address}. Open it yourself.'),
    'page-exit': message('The dry run ended with status {found}, not 0.'),
    'page-silent': message('The page gave no answer in its dry run.'),
    'page-memory': message('The dry run took {found} MiB; a free machine has {most}.'),
    # flags
    'edited': message(
        '{task}: the evidence was changed after it was made: its code is {found}, its content gives {wanted}.'
    ),
    'card-differs': message(
        '{task}: the card shows the code {found}, the evidence {wanted}: a card of other evidence.'
    ),
    'manifest-changed': message('{file} was changed after the manifest was made.'),
    'manifest-missing': message('{file} is in the manifest, but not in the zip.'),
    'manifest-extra': message('{file} is in the zip, but not in the manifest.'),
    'manifest-digest': message("The manifest's digest is not that of its files: it was changed by hand."),
    'manifest-name': message('The manifest names {found}, the evidence {wanted}.'),
    'evidence-name': message('{task}: the evidence bears the name {found}, not {wanted}.'),
    'task-twice': message('{task} is there twice; the first counts.'),
    'task-unknown': message('{task} is no task of this course.'),
    'picture-lost': message('{task}: {file} is in the evidence, but not in the zip.'),
    'picture-changed': message('{task}: {file} is not the picture that was added to the evidence.'),
    'picture-unreadable': message('{file} cannot be shown: {why}.'),
    'picture-twice': message('{file} and {other} are the same picture.'),
    'out-of-order': message('{task}: cells ran in another order than they stand (In [{before}], then In [{after}]).'),
    'time-order': message(
        '{task}: times that do not fit: {first} is at {first_time}, before {second} at {second_time}.'
    ),
    'time-sum': message(
        '{task}: its answers and rows took {found:.0f} s, but it was begun and finished within {wanted:.0f} s.'
    ),
    'time-future': message('{task}: made at {found}, which is yet to come.'),
    'speed': message('{task}: {tokens} tokens in {time:g} s are not {found:g} tokens/s.'),
    'overlap': message('{task} and {other} ran at the same time in two kernels.'),
    'prediction-differs': message(
        '{task}, {label}: the evidence predicts {found:.0f} MiB; the same settings give {wanted:.0f} MiB here.'
    ),
    # copies
    'same-archive': message('The very same file as {other}.'),
    'same-run': message('{task}: from the same run of a notebook as the evidence of {other}.'),
    'same-evidence': message('{task}: the same bytes and times as {other}.'),
    'same-picture': message('{file}: the same picture as {other_file} of {other}.'),
    'alike-picture': message(
        '{file}: looks like {other_file} of {other}. Honest screenshots of one page may: look yourself.'
    ),
    'same-name': message('{other} bears the same name.'),
    # who handed it in
    'other-person': message('The path says that {person} handed it in; the evidence bears the name {found}.'),
}

# For learners: what was found, without the figures that would have been accepted, and without an accusation.
WITHOUT_BANDS = {
    'memory-agrees': message('{label}: {used:.0f} MiB in use, as its settings take.'),
    'memory-differs': message('{label}: {used:.0f} MiB in use, which ratio {ratio:g} does not take.'),
    'plausible': message('The model can have written the answer.'),
    'implausible': message('The answer “{start}…” does not look like one of this model: ask your instructor about it.'),
}
