export default {
  cancel: 'Cancel',
  thumbnail: {
    range: '{min} to {max}',
    title: '{label} from step {from} to {to}: {range}',
    nonFinite: '{count} not finite',
  },
  atStep: {
    menu: 'Show at a step…',
    detail: 'at step {step}',
    help: 'The value at this step, or the last one recorded before it.',
    question: '{title} at which step?',
    range:
      'The runs end at steps {min} to {max}. If nothing was recorded at the step, the last value before it is shown, with its step.',
    step: 'Step',
    show: 'Show',
    earlier: 'Recorded at step {step}: the last value up to step {wanted}.',
    earlierValues: '{count} value is from an earlier step. | {count} values are from earlier steps.',
    pending: 'Being read',
  },
} as const
