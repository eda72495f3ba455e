import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { millisecondsOf } from '#main/datasets/formats/clock.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { openFolder } from '#main/datasets/import.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../../support.ts'

// Moments in Time, Diving48 and EPIC-Kitchens as they are published, with the quirks of their copies.

const read = (files: Record<string, string>) => readAnnotations(scanFolder(folderOf(files)))
const videos = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']))

/** One line per video: path, split, classes, part. */
const lines = ({ annotations }: ReturnType<typeof read>) =>
  annotations.map(({ path, split, labels, part }) =>
    [path, split, ...Object.values(labels), ...(part === undefined ? [] : [`${part.startMs}–${part.endMs} ms`])].join(
      ' | ',
    ),
  )
const absent = ({ missing }: ReturnType<typeof read>) => missing.map(({ path, reason }) => `${path}: ${reason}`)
function reasonOf(action: () => unknown): string {
  try {
    action()
  } catch (cause) {
    if (cause instanceof StudioError) return cause.message.replace(/\/.*\/(?=[^/]*\.(csv|json))/, '')
    throw cause
  }
  return 'nothing'
}

const moments = {
  'moments_categories.txt': 'clapping,0\r\nadult+female+singing,1\r\n',
  'trainingSet.csv':
    '\u{FEFF}clapping/vine-clap_1.mp4,clapping,3,0\r\nadult+female+singing/yt-a_2.mp4,adult+female+singing,2,1\r\n',
  'validationSet.csv': 'clapping/vine-clap_1.mp4,clapping,4,0\r\n"clapping/gone, again.mp4",clapping,3,0\r\n',
}

test('Moments in Time: a mark, Windows line ends, classes with +, the same name in training and validation', () => {
  const found = read({
    ...videos(
      'training/clapping/vine-clap_1.mp4',
      'training/adult+female+singing/yt-a_2.mp4',
      'validation/clapping/vine-clap_1.mp4',
      'validation/clapping/unlisted.mp4',
    ),
    ...moments,
  })
  expect(lines(found)).toEqual([
    'training/clapping/vine-clap_1.mp4 | train | clapping',
    'training/adult+female+singing/yt-a_2.mp4 | train | adult+female+singing',
    'validation/clapping/vine-clap_1.mp4 | validation | clapping',
  ])
  expect(absent(found)).toEqual(['validation/clapping/gone, again.mp4: The file is not in the folder.'])
  expect([found.source, found.warnings]).toEqual([
    {
      format: 'lists',
      layout: 'Moments in Time',
      files: ['trainingSet.csv', 'validationSet.csv', 'moments_categories.txt'],
    },
    [],
  ])
})

test('Moments in Time: a header, no list of classes, and a class that is not in it', () => {
  const listed = 'path,label,agreement,disagreement\nclapping/a.mp4,clapping,3,0\n'
  const found = read({ ...videos('clapping/a.mp4'), 'trainingSet.csv': listed })
  expect(lines(found)).toEqual(['clapping/a.mp4 | train | clapping'])
  expect(
    read({ ...videos('clapping/a.mp4'), 'trainingSet.csv': listed, 'moments_categories.txt': 'barking,0\n' }).warnings,
  ).toEqual(['1 class is not in moments_categories.txt, for example "clapping".'])
})

test('Moments in Time: faulty lines are all named', () => {
  const files = {
    ...videos('clapping/a.mp4'),
    'trainingSet.csv': 'clapping/a.mp4,clapping,3,0\nclapping/a.mp4,clapping,3,0\nclapping/b.mp4,,3,0\nx/y.mp4,x\n',
  }
  expect(reasonOf(() => read(files))).toBe(
    `trainingSet.csv has 3 faults:
line 2: "training/clapping/a.mp4" is listed twice.
line 3: "clapping/b.mp4,,3,0" is not a path, a class and the numbers of people who agreed and disagreed.
line 4: "x/y.mp4,x" is not a path, a class and the numbers of people who agreed and disagreed.`,
  )
})

const dives = {
  'Diving48_V2_train.json': JSON.stringify([
    { vid_name: '-mzoGRnRjXY_00054', label: 1, start_frame: 0, end_frame: 145 },
    { vid_name: '-mzoGRnRjXY_00055', label: 0, start_frame: 0, end_frame: 90 },
  ]),
  'Diving48_V2_test.json': JSON.stringify([{ vid_name: 'abc_00001', label: 1, start_frame: 0, end_frame: 145 }]),
  'Diving48_vocab.json': JSON.stringify([
    ['Back', '15som', '05Twis', 'FREE'],
    ['Back', 'Dive', 'NoTwis', 'PIKE'],
  ]),
}

test('Diving48: names without an ending, indices from 0, names of four parts', () => {
  const found = read({ ...videos('rgb/-mzoGRnRjXY_00054.mp4', 'rgb/abc_00001.mp4'), ...dives })
  expect(lines(found)).toEqual([
    'rgb/abc_00001.mp4 | test | Back Dive NoTwis PIKE',
    'rgb/-mzoGRnRjXY_00054.mp4 | train | Back Dive NoTwis PIKE',
  ])
  expect(absent(found)).toEqual(['-mzoGRnRjXY_00055: The file is not in the folder.'])
  expect(found.source).toMatchObject({
    layout: 'Diving48',
    files: ['Diving48_V2_test.json', 'Diving48_V2_train.json', 'Diving48_vocab.json'],
  })
})

const diveList = (entry: object) => ({
  'Diving48_V2_train.json': JSON.stringify([{ vid_name: 'a_1', ...entry }]),
})

test('Diving48: an index that the vocabulary does not have, no vocabulary, a part of a video', () => {
  const files = { ...videos('a_1.mp4'), 'Diving48_vocab.json': dives['Diving48_vocab.json'] }
  expect(reasonOf(() => read({ ...files, ...diveList({ label: 2 }) }))).toBe(
    'Diving48_V2_train.json has 1 fault, for example: Diving48_vocab.json has no class 2, which "a_1" has.',
  )
  expect(reasonOf(() => read({ ...files, ...diveList({ label: '2' }) }))).toMatch(
    /^Diving48_V2_train.json is not a list of Diving48: 0.label: /,
  )
  const late = read({ ...videos('a_1.mp4'), ...diveList({ label: 2, start_frame: 7 }) })
  expect([lines(late), late.notes, late.warnings]).toEqual([
    ['a_1.mp4 | train | 2'],
    ['The classes are named by their index. Diving48_vocab.json would name them.'],
    ['1 video is listed with a first frame after 0. The whole videos are used: they were cut before.'],
  ])
})

const header =
  'narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes'
const kitchens = {
  'annotations/EPIC_100_train.csv': `${header}
P01_01_0,P01,P01_01,00:00:01.089,00:00:00.14,00:00:03.37,8,202,open door,open,3,door,3,['door'],[3]
P01_01_1,P01,P01_01,00:01:02.629,00:01:00.00,01:00:01.5,262,370,"pick up cup, plate",pick-up,0,cup,13,"['cup', 'plate']","[13, 2]"
P01_01_2,P01,P01_01,00:01:02.629,00:01:00.00,01:00:01.5,262,370,open cup,open,3,cup,13,['cup'],[13]
`,
  'annotations/EPIC_100_validation.csv': `${header}
P02_03_0,P02,P02_03,00:00:01,00:00:00.00,00:00:03.00,8,202,take cup,take,0,cup,13,['cup'],[13]
P02_09_0,P02,P02_09,00:00:01,00:00:00.00,00:00:03.00,8,202,take cup,take,0,cup,13,['cup'],[13]
P02_09_1,P02,P02_09,00:00:01,00:00:05.00,00:00:06.00,8,202,take cup,take,0,cup,13,['cup'],[13]
`,
  'annotations/EPIC_100_test_timestamps.csv':
    'narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame\nP03_01_0,P03,P03_01,00:00:01,00:00:00.00,00:00:03.00,8,202\n',
  'annotations/EPIC_100_verb_classes.csv': `id,key,instances,category\n0,take,"['take', 'pick-up']",retrieve\n3,open,['open'],access\n`,
  'annotations/EPIC_100_noun_classes.csv': `id,key,instances,category\n3,cupboard:door,['door'],x\n13,cup,['cup'],x\n`,
  'annotations/retrieval_annotations/EPIC_100_retrieval_train.csv': `${header}\nP01_01_0,P01,P01_01,00:00:01.089,00:00:00.14,00:00:03.37,8,202,open door,open,3,door,3,['door'],[3]\n`,
}

test('EPIC-Kitchens: parts of videos, verbs and nouns by their classes, a test without them, cut videos', () => {
  const found = read({
    ...videos('P01/videos/P01_01.MP4', 'clips/P02_03_0.mp4', 'P03/videos/P03_01.MP4'),
    ...kitchens,
  })
  expect(lines(found).toSorted()).toEqual([
    'P01/videos/P01_01.MP4 | train | open | cup | 60000–3601500 ms',
    'P01/videos/P01_01.MP4 | train | open | cupboard:door | 140–3370 ms',
    'P01/videos/P01_01.MP4 | train | take | cup | 60000–3601500 ms',
    'P03/videos/P03_01.MP4 | test |  |  | 0–3000 ms',
    'clips/P02_03_0.mp4 | validation | take | cup',
  ])
  expect(absent(found)).toEqual(['P02_09: The file is not in the folder.', 'P02_09: The file is not in the folder.'])
  expect([found.source, found.notes]).toEqual([
    {
      format: 'lists',
      layout: 'EPIC-Kitchens',
      files: [
        'annotations/EPIC_100_test_timestamps.csv',
        'annotations/EPIC_100_train.csv',
        'annotations/EPIC_100_validation.csv',
        'annotations/EPIC_100_verb_classes.csv',
        'annotations/EPIC_100_noun_classes.csv',
      ],
    },
    [],
  ])
})

test('EPIC-Kitchens-55: other names of columns, indices without names', () => {
  const list = {
    'EPIC_train_action_labels.csv':
      'uid,video_id,narration,start_timestamp,stop_timestamp,start_frame,stop_frame,participant_id,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n6374,P03_01,mix pasta,00:12:44.59,00:12:54.97,45875,46498,P03,mix,9,pasta,39,[pasta],[39]\n',
  }
  const found = read({ ...videos('P03_01.MP4', '6374.mp4'), ...list })
  expect([lines(found), found.notes]).toEqual([
    ['P03_01.MP4 | train | 9 | 39 | 764590–774970 ms'],
    [
      'The classes of verb and noun are named by their index. EPIC_100_verb_classes.csv and EPIC_100_noun_classes.csv would name them.',
    ],
  ])
  const named = read({
    ...videos('P03_01.MP4'),
    ...list,
    'EPIC_verb_classes.csv': 'verb_id,class_key,verbs\n9,mix,[mix]\n',
  })
  expect(lines(named)).toEqual(['P03_01.MP4 | train | mix | 39 | 764590–774970 ms'])
})

test('EPIC-Kitchens: faulty lines are all named', () => {
  const files = {
    ...videos('P01_01.MP4'),
    'EPIC_100_verb_classes.csv': 'id,key\n0,take\n',
    'EPIC_100_train.csv': `narration_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class
a,P01_01,00:00:01,00:00:02,0,1
a,P01_01,00:00:01,00:00:02,0,1
b,P01_01,00:00:02,00:00:01,0,1
c,P01_01,00:00:61,00:02:00,0,1
d,,00:00:01,00:02:00,0,1
e,P01_01,00:00:01,00:00:02,7,1
`,
  }
  expect(reasonOf(() => read(files))).toBe(
    `EPIC_100_train.csv has 5 faults:
line 3: "a" is listed twice.
line 4: stop_timestamp "00:00:01" is not after start_timestamp "00:00:02".
line 5: start_timestamp "00:00:61" is not a time such as 00:01:02.50.
line 6: video_id is empty.
line 7: EPIC_100_verb_classes.csv has no verb 7.`,
  )
})

test('videos that may be behind links which were not followed are a warning, and a hint if there are no others', () => {
  const elsewhere = folderOf(videos('b.mp4'))
  const folder = folderOf({ ...videos('a.mp4'), 'train.csv': 'a.mp4,x\nb.mp4,y\n' })
  symlinkSync(elsewhere, join(folder, 'videos'))
  expect(readAnnotations(scanFolder(folder)).warnings).toEqual([
    '1 listed video was not found, and 1 link was not followed: videos. If the videos are behind it, follow links.',
  ])
  expect(readAnnotations(scanFolder(folder, { followLinks: true })).warnings).toEqual([])
  const alone = folderOf({ 'trainingSet.csv': 'x/b.mp4,x,3,0\n' })
  symlinkSync(elsewhere, join(alone, 'videos'))
  expect(() => openFolder({ directory: alone, followLinks: false })).toThrow(
    expect.objectContaining({ code: 'dataset-empty', hint: expect.stringContaining('The videos may be behind links') }),
  )
})

test.each([
  ['12.5', 12_500],
  ['.5', 500],
  ['90', 90_000],
  ['1:02', 62_000],
  ['00:00:00.14', 140],
  ['01:00:01.5', 3_601_500],
  ['0:12,25', 12_250],
  ['', undefined],
  ['-1', undefined],
  ['1:75', undefined],
  ['1:75:00', undefined],
  ['1e3', undefined],
  ['soon', undefined],
])('the time %s', (text, expected) => expect(millisecondsOf(text)).toBe(expected))
