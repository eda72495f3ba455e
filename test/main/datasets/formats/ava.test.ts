import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { buildManifest } from '#main/datasets/manifest.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../../support.ts'

// The lists as they are published, with the quirks of their versions.

const read = (files: Record<string, string>) => readAnnotations(scanFolder(folderOf(files)))
const actions = `label {
  name: "bend/bow (at the waist)"
  label_id: 1
  label_type: PERSON_MOVEMENT
}
label {
  name: "stand"
  label_id: 12
}
item {
  name: "talk to \\"self\\""
  id: 79
}
`
const files = {
  'videos/-5KQ66BBWC4.mkv': '',
  'videos/1j20qq1JyX4.mp4': '',
  'annotations/ava_train_v2.2.csv':
    '-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,12,1\n' +
    '-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,79,1\n' +
    '-5KQ66BBWC4,0902,0.332,0.194,1.004,0.891,1,0\n' +
    '-5KQ66BBWC4,0903,,,,,,\n' +
    '-5KQ66BBWC4,0904,0.1,0.2,0.3,0.4,,5\n' +
    '-5KQ66BBWC4,0905,0.1,0.2,0.3,0.4,12,5\n' +
    'absent,0902,0.1,0.2,0.3,0.4,12,5\n',
  'annotations/ava_val_v2.2.csv':
    'video_id,middle_frame_timestamp,x1,y1,x2,y2,action_id,person_id\n1j20qq1JyX4,1798,0.1,0.2,0.3,0.4,33,7\n1j20qq1JyX4,1797,0.3,0.2,0.3,0.4,12,7\n',
  'annotations/ava_train_excluded_timestamps_v2.2.csv': '-5KQ66BBWC4,0905\n',
  'annotations/ava_action_list_v2.2_for_activitynet_2019.pbtxt': actions,
}

test('a keyframe is a sample of three seconds with its boxes, their actions and persons', () => {
  const found = read(files)
  expect(
    found.annotations.map(({ path, split, part, boxes }) => [
      path,
      split,
      part?.startMs,
      part?.endMs,
      boxes?.map(({ labels, person }) => `${person}: ${labels.join(', ')}`),
    ]),
  ).toEqual([
    ['videos/-5KQ66BBWC4.mkv', 'train', 900_500, 903_500, ['1: stand, talk to "self"', '0: bend/bow (at the waist)']],
    ['videos/-5KQ66BBWC4.mkv', 'train', 901_500, 904_500, []],
    ['videos/-5KQ66BBWC4.mkv', 'train', 902_500, 905_500, ['5: ']],
    ['videos/1j20qq1JyX4.mp4', 'validation', 1_796_500, 1_799_500, ['7: ']],
    ['videos/1j20qq1JyX4.mp4', 'validation', 1_795_500, 1_798_500, []],
  ])
  const [person, other] = found.annotations[0]?.boxes ?? []
  expect(person).toMatchObject({ atMs: 902_000, x: 0.077, y: 0.151 })
  expect(person?.width).toBeCloseTo(0.206, 9)
  expect((other?.x ?? 0) + (other?.width ?? 0)).toBe(1)
  expect(found.missing.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
    'absent: The file is not in the folder.',
  ])
  expect(found.warnings).toEqual(['1 box has no area and was left out: ava_val_v2.2.csv, line 3.'])
  expect(found.notes).toEqual([
    '1 label of 1 action that annotations/ava_action_list_v2.2_for_activitynet_2019.pbtxt does not have was left out.',
    '1 excluded keyframe was left out.',
  ])
  expect(found.source).toMatchObject({ format: 'lists', layout: 'AVA' })
})

test('without a list of actions, they are called like their number', () => {
  const found = read({ 'a.mp4': '', 'ava_train_v2.1.csv': 'a,0902,0.1,0.2,0.3,0.4,012,5\n' })
  expect(found.annotations[0]?.boxes?.[0]?.labels).toEqual(['12'])
  expect(found.notes).toEqual(['The actions are named by their number. ava_action_list_v2.2.pbtxt would name them.'])
})

test('faulty lines name file and line', () => {
  const rows = [
    'a,0902,0.1,0.2,0.3,0.4,12,5',
    'a,9:02,0.1,0.2,0.3,0.4,12,5',
    'a,0902,0.1,0.2,0.3,1.4,12,5',
    'a,0902,0.1,0.2,0.3,,12,5',
    'a,0902,0.1,0.2,0.3,0.4,stand,5',
    ',0902,0.1,0.2,0.3,0.4,12,5',
    'a,0902,0.1,0.2,0.3,0.4,12,x',
  ]
  const refused = (others: Record<string, string>) => {
    try {
      read({ 'a.mp4': '', 'ava_train_v2.2.csv': `${rows.join('\n')}\n`, ...others })
      return 'nothing'
    } catch (cause) {
      if (cause instanceof StudioError) return cause.message.replace(/^\S+\//, '')
      throw cause
    }
  }
  expect(refused({})).toBe(
    [
      'ava_train_v2.2.csv has 6 faults:',
      'line 2: "9:02" is not a time in seconds.',
      'line 3: the box 0.1, 0.2, 0.3, 1.4 is not four shares of the width and height, from 0 to 1.',
      'line 4: the box 0.1, 0.2, 0.3,  is not four shares of the width and height, from 0 to 1.',
      'line 5: the action "stand" is not a number.',
      'line 6: the video is empty.',
      'line 7: the person "x" is not a number.',
    ].join('\n'),
  )
  rows.splice(1)
  expect(refused({ 'ava_val_v2.2.csv': rows[0] ?? '' })).toBe(
    'ava_val_v2.2.csv, line 1: the time 902 of "a" is in two lists.',
  )
  expect(refused({ 'ava_action_list.pbtxt': 'nothing' })).toBe(
    'ava_action_list.pbtxt has no actions: there is no block with a name and a label_id.',
  )
  expect(refused({ 'ava_train_excluded_timestamps_v2.2.csv': 'a,\n' })).toBe(
    'ava_train_excluded_timestamps_v2.2.csv, line 1: "a," is not a video and a time in seconds.',
  )
})

/** The manifest for films of a length at 10 frames per second. */
function manifestOf(durationMs: number, from: Record<string, string> = files) {
  const { annotations } = read(from)
  const paths = [...new Set(annotations.map(({ path }) => path))]
  return buildManifest({
    name: 'ava',
    root: '/films',
    createdAt: '',
    annotations,
    inspected: paths.map((path) => ({
      path,
      facts: {
        frameCount: durationMs / 100,
        width: 64,
        height: 48,
        framesPerSecond: 10,
        durationMs,
        codec: 'h264',
        sizeBytes: 1,
        digest: path,
      },
    })),
    missing: [],
    splits: new Map(),
  })
}

test.each([
  ['a whole film', 7_200_000, 9005],
  ['a film that was cut to the annotated part', 901_000, 5],
])('in %s, spans and boxes are at its frames', (_, durationMs, firstFrame) => {
  const { samples, broken, labelSets, boxClasses } = manifestOf(durationMs)
  expect(samples.map(({ span }) => span)).toEqual(
    [0, 10, 20, 8960, 8950].map((after) => ({
      firstFrame: firstFrame + after,
      frameCount: Math.min(30, durationMs / 100 - firstFrame - after),
    })),
  )
  expect(samples[0]?.boxes?.map(({ frameIndex }) => frameIndex)).toEqual([firstFrame + 15, firstFrame + 15])
  expect([broken, labelSets]).toEqual([[], []])
  expect(boxClasses).toEqual(['bend/bow (at the waist)', 'stand', 'talk to "self"'])
})

test('keyframes beyond the end of a film are listed with the reason', () => {
  expect(manifestOf(300_000).broken.at(-1)).toEqual({
    path: 'videos/1j20qq1JyX4.mp4',
    reason: 'The part from 1795.5 to 1798.5 s begins after its end (1200 s).',
  })
})

test('the digest of a dataset covers its boxes', () => {
  const { digest } = manifestOf(901_000)
  const list = 'annotations/ava_train_v2.2.csv'
  const moved = { ...files, [list]: files[list].replace('0.077,0.151', '0.078,0.151') }
  expect(manifestOf(901_000, moved).digest).not.toBe(digest)
})
