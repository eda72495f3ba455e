/** What the model sees of a clip. */
export default {
  title: 'As the model sees it',
  help: 'What training takes of {sample}: the same frames, crop, augmentation and mask, pixel for pixel.',
  helpTest: 'What the test takes of {sample}: the same frames and crops, pixel for pixel.',
  open: 'As the model sees {file}',
  preset: 'Settings of the preset',
  stage: 'Stage',
  epoch: 'Epoch',
  seed: 'Seed',
  reading: 'Reading the clip',
  leftOut: 'Epoch {epoch} does not take this sample: it is among those that the last, incomplete step would have had.',
  place: 'Step {step}, sample {position} of the step',
  view: 'Clip {clip} of {clips}, crop {crop} of {crops}, in step {step}',
  flipped: 'mirrored',
  operations: 'RandAugment: {names}',
  maskedShare: '{percent} % of the tokens are masked',
  mixed: 'Mixup and CutMix, if they are on, blend clips of a batch after this.',
  frame: 'Frame {frame}',
  boxes:
    '{count} box, drawn on the shown frame that is nearest to its own: | {count} boxes, drawn on the shown frames that are nearest to their own:',
  person: 'Person {person}: {classes}',
  rows: { original: 'Whole frame with the crop', seen: 'What the model takes', masked: 'With the mask' },
} as const
