import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { rawframeName } from '../../support/frame-folders.ts'
import { folderOf } from '../support.ts'

const frames = (folder: string, count: number, nameOf = rawframeName) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/${nameOf(index)}`, '']))
const read = (files: Record<string, string>) => readAnnotations(scanFolder(folderOf(files)))
const lines = ({ annotations }: ReturnType<typeof read>) =>
  annotations.map(({ path, split, labels }) => `${path} ${split} ${labels['class']}`)

test('folders of numbered pictures are videos; what else is in them is left out', () => {
  const folder = scanFolder(
    folderOf({
      ...frames('fall/a', 3),
      ...frames('walk/b', 2, (index) => `frame_${index}.png`),
      ...frames('walk/gap', 3, (index) => `${2 * index}.png`),
      'walk/b/n_frames': '2',
      'walk/b/.DS_Store': '',
      'walk/b/@eaDir/thumb.jpg': '',
      'walk/cover.jpg': '',
    }),
  )
  expect([folder.videos, folder.hasPictures]).toEqual([['fall/a', 'walk/b', 'walk/gap'], false])
  expect([...(folder.frameCounts ?? [])]).toEqual([
    ['fall/a', 3],
    ['walk/b', 2],
    ['walk/gap', 3],
  ])
  expect(folder.leftOut.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
    'walk/b/.DS_Store hidden',
    'walk/b/@eaDir/ system-folder',
    'walk/b/n_frames ending',
    'walk/cover.jpg ending',
  ])
  expect(readAnnotations(folder).warnings).toEqual([
    '1 picture is in no folder that has only numbered pictures, and was left out: walk/cover.jpg. Number the frames of each video without gaps, with the same letters before the number and the same ending.',
  ])
})

test('pictures that are no videos stay pictures: loose ones, with gaps as in ImageNet, and one flat folder', () => {
  const imageNet = frames('n01440764', 9, (index) => `n01440764_${10_026 + 37 * index}.JPEG`)
  expect(scanFolder(folderOf(imageNet))).toMatchObject({ hasPictures: true, videos: Object.keys(imageNet) })
  const mostlyLoose = { ...frames('cat', 2), 'dog/x.jpg': '', 'dog/y.jpg': '', 'dog/z.jpg': '' }
  expect(scanFolder(folderOf(mostlyLoose))).toMatchObject({ hasPictures: true, videos: Object.keys(mostlyLoose) })
  const flat = read(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [rawframeName(index), ''])))
  expect(flat.annotations).toHaveLength(9)
  expect(flat.warnings).toEqual([
    'The pictures of 1 folder are numbered like the frames of a video, for example those of the folder itself (img_00001.jpg to img_00009.jpg). Each is a sample of its own. If they are frames, give each video a folder that has nothing but its pictures, numbered without gaps from 0 or 1, and import the folder above.',
  ])
})

test('beside video files, folders of frames are left out with a warning', () => {
  const folder = scanFolder(folderOf({ ...frames('rawframes/a', 2), 'videos/a.mp4': '' }))
  expect(folder.videos).toEqual(['videos/a.mp4'])
  expect(folder.leftOut.map(({ path }) => path)).toEqual(['rawframes/a/img_00001.jpg', 'rawframes/a/img_00002.jpg'])
  expect(readAnnotations(folder).warnings).toContain(
    '1 folder of numbered pictures was left out because there are video files: rawframes/a. If it is a video, import a folder without video files.',
  )
})

test('optical flow beside the frames is not read', () => {
  const flow = {
    ...frames('fall/a', 2, (index) => `flow_x_0000${index}.jpg`),
    ...frames('fall/a', 2, (index) => `flow_y_0000${index}.jpg`),
  }
  const folder = scanFolder(folderOf({ ...frames('fall/a', 2), ...flow, 'fall/a/.hidden': '' }))
  expect([...(folder.frameCounts ?? [])]).toEqual([['fall/a', 2]])
  expect(folder.leftOut.filter(({ reason }) => reason === 'ending').map(({ path }) => path)).toEqual(Object.keys(flow))
  expect(folder.warnings).toEqual([])
})

test('links to folders of frames, and to their pictures, are followed on request', () => {
  const outside = folderOf(frames('x', 2))
  const root = folderOf(frames('fall/a', 2))
  mkdirSync(join(root, 'walk', 'links'), { recursive: true })
  symlinkSync(join(outside, 'x'), join(root, 'fall', 'b'))
  symlinkSync(join(root, 'fall', 'a', rawframeName(0)), join(root, 'fall', 'again.jpg'))
  for (const index of [0, 1])
    symlinkSync(join(outside, 'x', rawframeName(index)), join(root, 'walk', 'links', rawframeName(index)))
  expect(scanFolder(root).videos).toEqual(['fall/a'])
  const followed = scanFolder(root, { followLinks: true })
  expect(followed.videos).toEqual(['fall/a', 'fall/b', 'walk/links'])
  expect(followed.leftOut).toEqual([{ path: 'fall/again.jpg', reason: 'same-file' }])
})

test('layouts and lists name folders of frames', () => {
  expect(lines(read({ ...frames('train/fall/a', 2), ...frames('val/fall/b', 2) }))).toEqual([
    'train/fall/a train fall',
    'val/fall/b validation fall',
  ])
  expect(
    lines(
      read({
        ...frames('fall/a', 2),
        ...frames('fall/b', 2),
        'labels.csv': 'path,split,class\nfall/a,train,down\nfall/b/,test,down\n',
      }),
    ),
  ).toEqual(['fall/a train down', 'fall/b test down'])
  const ucf = read({
    ...frames('rawframes/YoYo/v_YoYo_g01_c01', 2),
    ...frames('rawframes/YoYo/v_YoYo_g02_c01', 2),
    'trainlist01.txt': 'YoYo/v_YoYo_g01_c01.avi 1\n',
    'testlist01.txt': 'YoYo/v_YoYo_g02_c01.avi\n',
    'classInd.txt': '1 YoYo\n',
  })
  expect(ucf.annotations.map(({ path, splits }) => [path, splits])).toEqual([
    ['rawframes/YoYo/v_YoYo_g02_c01', { 'split-1': 'test' }],
    ['rawframes/YoYo/v_YoYo_g01_c01', { 'split-1': 'train' }],
  ])
  const somethingV1 = read({
    ...frames('20bn-something-something-v1/100218', 2, (index) => `${String(index + 1).padStart(5, '0')}.jpg`),
    ...frames('20bn-something-something-v1/24413', 2, (index) => `${String(index + 1).padStart(5, '0')}.jpg`),
    'something-something-v1-train.csv': '100218;Something falling like a feather or paper\n',
    'something-something-v1-validation.csv': '24413;Putting something on a surface\n',
    'something-something-v1-labels.csv': 'Putting something on a surface\nSomething falling like a feather or paper\n',
  })
  expect(lines(somethingV1)).toEqual([
    '20bn-something-something-v1/100218 train Something falling like a feather or paper',
    '20bn-something-something-v1/24413 validation Putting something on a surface',
  ])
  expect(somethingV1.missing).toEqual([])
})

test('lists with a number of frames: another number than the folder has is a warning', () => {
  const folders = {
    ...frames('rawframes/fall/a', 3),
    ...frames('rawframes/fall/b', 2),
    ...frames('rawframes/walk/c', 4),
  }
  const indices = read({
    ...folders,
    'train_split_1_rawframes.txt': 'fall/a 3 0\nfall/b 5 0\n',
    'val_split_1_rawframes.txt': 'walk/c 4 1\n',
    'classes.txt': 'fall\nwalk\n',
  })
  expect(lines(indices)).toEqual([
    'rawframes/fall/a train fall',
    'rawframes/fall/b train fall',
    'rawframes/walk/c validation walk',
  ])
  expect(indices.warnings).toEqual([
    'train_split_1_rawframes.txt and val_split_1_rawframes.txt state another number of frames than the folder has pictures for 1 video: rawframes/fall/b (5 listed, 2 pictures). All of the pictures were taken.',
  ])
  for (const list of ['/data/fall/a 3 falls down\n/data/walk/c 4 walks\n', 'fall/a,3,falls down\nwalk/c,4,walks\n']) {
    const named = read({ ...folders, 'train.txt': list })
    expect(lines(named)).toEqual(['rawframes/fall/a train falls down', 'rawframes/walk/c train walks'])
    expect(named.warnings).toEqual([])
  }
})
