import { expect, test } from 'vitest'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { numberedPictures } from '#main/datasets/numbered-pictures.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../support.ts'

const empty = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']))
const numbered = (
  folder: string,
  count: number,
  name = (index: number) => `img_${String(index).padStart(5, '0')}.jpg`,
) => Array.from({ length: count }, (_, index) => `${folder}/${name(index + 1)}`)

test('pictures are samples of a folder without videos, and left out beside videos', () => {
  const alone = scanFolder(folderOf(empty('cat/1.jpg', 'cat/b.JPEG', 'dog/2.png', 'notes.txt')))
  expect([alone.videos, alone.hasPictures]).toEqual([['cat/1.jpg', 'cat/b.JPEG', 'dog/2.png'], true])
  expect(alone.leftOut).toEqual([{ path: 'notes.txt', reason: 'ending' }])
  const read = readAnnotations(alone)
  expect(read.annotations.map(({ labels }) => labels['class'])).toEqual(['cat', 'cat', 'dog'])
  expect([read.warnings, read.notes]).toEqual([
    [],
    [
      'The folder has pictures and no videos. Each picture is a video of one frame, which the image teacher can be trained on.',
    ],
  ])
  const beside = scanFolder(folderOf(empty('walk/1.mp4', 'walk/1.jpg')))
  expect([beside.videos, beside.hasPictures]).toEqual([['walk/1.mp4'], false])
  expect(beside.leftOut).toEqual([{ path: 'walk/1.jpg', reason: 'ending' }])
})

test('lists name pictures', () => {
  const folder = scanFolder(folderOf({ ...empty('img/a.png', 'img/b.png'), 'train.txt': 'a.jpg 0\nb.png 1\n' }))
  expect(readAnnotations(folder).annotations.map(({ path, labels }) => `${path} ${labels['class']}`)).toEqual([
    'img/a.png 0',
    'img/b.png 1',
  ])
})

test('pictures that are numbered like frames are a warning', () => {
  expect(numberedPictures([...numbered('walk/1', 40), ...numbered('walk/2', 9), 'walk/cover.jpg'])).toEqual([
    'The pictures of 2 folders are numbered like the frames of a video, for example those of walk/1 (img_00001.jpg to img_00040.jpg). Each is a sample of its own. If they are frames, give each video a folder that has nothing but its pictures, numbered without gaps from 0 or 1, and import the folder above.',
  ])
  expect(numberedPictures(numbered('walk/1', 40).filter((_, index) => index % 20 !== 7))).toHaveLength(1)
  expect(numberedPictures(numbered('n01440764', 40, (index) => `n01440764_${index * 37}.JPEG`))).toEqual([])
  expect(numberedPictures(numbered('cat', 5))).toEqual([])
})
