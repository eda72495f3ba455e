import type { ErrorCode } from '#contract/api/errors.ts'

/** Headings and general advice by error code. In English the studio's own sentences are shown instead, which are more precise. */
export default {
  'bad-request': { title: 'The request was not accepted', hint: 'Correct the field or argument and try again.' },
  'not-found': { title: 'Not found', hint: 'Check the name, or reload the page.' },
  'already-exists': { title: 'The name is taken', hint: 'Choose another name.' },
  'configuration-invalid': { title: 'The configuration is not valid', hint: 'Change the field that is named below.' },
  'preset-unknown': { title: 'Unknown preset', hint: 'Choose one of the presets that are listed.' },
  'dataset-empty': { title: 'The folder has no usable video', hint: 'Choose a folder with video files.' },
  'dataset-broken': {
    title: 'The dataset cannot be read',
    hint: 'Correct the file that is named below, then try again.',
  },
  'dataset-one-class': {
    title: 'The dataset has fewer than two classes',
    hint: 'Use a dataset with at least two classes that have videos.',
  },
  'dataset-changed': {
    title: 'Files of the dataset have changed',
    hint: 'Restore the files, or import the dataset again.',
  },
  'video-unreadable': { title: 'A video cannot be read', hint: 'Replace or remove the video that is named below.' },
  'video-too-short': { title: 'The videos are too short', hint: 'Use longer videos, or fewer frames per clip.' },
  'checkpoint-invalid': { title: 'The model file cannot be used', hint: 'Choose another file, or download it again.' },
  'reference-differs': {
    title: 'Numbers differ from the reference',
    hint: 'Compare engine and versions with those of the reference.',
  },
  'engine-unavailable': {
    title: 'The engine cannot be used on this machine',
    hint: 'Choose another engine, or install what is named below.',
  },
  'decoder-unavailable': { title: 'No video decoder is available', hint: 'Install node-av or ffmpeg.' },
  'out-of-memory': { title: 'Out of memory', hint: 'Reduce the batch size, or close other programs.' },
  'system-limit': {
    title: 'A limit of the system is reached',
    hint: 'Close other programs, or raise the limit that is named below.',
  },
  diverged: { title: 'The training diverged', hint: 'Lower the learning rate, or resume from an earlier checkpoint.' },
  'disk-full': { title: 'The disk is full', hint: 'Free some space, then try again.' },
  'run-state': { title: 'The state of the run does not allow this', hint: 'Reload the page to see the current state.' },
  'run-failed': { title: 'The run failed', hint: 'Read the log of the run.' },
  'workspace-in-use': { title: 'The workspace is in use', hint: 'Close the other studio, or open another workspace.' },
  'workspace-read-only': {
    title: 'The workspace cannot be written to',
    hint: 'Change its permissions, or choose another folder.',
  },
  'workspace-newer': { title: 'A newer version wrote the workspace', hint: 'Update the studio.' },
  'port-in-use': { title: 'The port is in use', hint: 'Choose another port.' },
  cancelled: { title: 'Cancelled', hint: 'Start it again if you need it.' },
  disconnected: {
    title: 'The connection to the studio is lost',
    hint: 'Wait until the window has reconnected, then try again.',
  },
  internal: { title: 'The studio has a defect', hint: 'Report it with the log.' },
} as const satisfies Readonly<Record<ErrorCode, { title: string; hint: string }>>
