import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { leftOutOf } from '#main/datasets/import.ts'
import { countLeftOut } from '#main/datasets/left-out.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { tarOf } from '../../../support/tar.ts'
import { folderOf, temporaryFolder } from '../../support.ts'

type Files = Readonly<Record<string, string>>
const shardOf = (files: Files) => tarOf(Object.entries(files).map(([name, content]) => ({ name, content })))

/** A folder of tar files, given by the contents of their members, and of other files. */
function folderOfShards(shards: Readonly<Record<string, Files | Buffer>>, others: Record<string, string> = {}): string {
  const folder = folderOf(others)
  for (const [path, files] of Object.entries(shards)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), Buffer.isBuffer(files) ? files : shardOf(files))
  }
  return folder
}
const read = (...folder: Parameters<typeof folderOfShards>) => readAnnotations(scanFolder(folderOfShards(...folder)))
const lines = ({ annotations }: ReturnType<typeof read>) =>
  annotations.map(({ path, split, labels }) => `${path} ${split} ${labels['class']}`)
const absent = ({ missing }: ReturnType<typeof read>) => missing.map(({ path, reason }) => `${path}: ${reason}`)

test('the videos of shards have the classes of their keys, names of a list, and splits of the names of shards', () => {
  const found = read(
    {
      'kinetics-train-000000.tar': { '000.mp4': 'a', '000.cls': '1\n', '001.cls': '0', '001.avi': 'b' },
      'kinetics-train-000001.tar': { '000.webm': 'c', '000.cls': '1' },
      'validation/00.tar': { 'x/000.mp4': 'd', 'x/000.cls': '0' },
      'test_0.tar': { './000.left.mp4': 'e', './000.cls': '0' },
      'more.tar': { '1.mp4': 'f', '1.cls': '0' },
    },
    { 'classes.txt': 'fall\nwalk\n' },
  )
  expect(lines(found)).toEqual([
    'kinetics-train-000000.tar/000.mp4 train walk',
    'kinetics-train-000000.tar/001.avi train fall',
    'kinetics-train-000001.tar/000.webm train walk',
    'more.tar/1.mp4 null fall',
    'test_0.tar/000.left.mp4 test fall',
    'validation/00.tar/x/000.mp4 validation fall',
  ])
  expect(found.source).toEqual({ format: 'webdataset', tarFiles: 5, classes: 'cls', classFile: 'classes.txt' })
  expect([found.missing, found.warnings, found.notes]).toEqual([[], [], []])
})

test('without a list of names, classes are called like their index', () => {
  const found = read({ 'a.tar': { '0.mp4': 'a', '0.cls': '12' } })
  expect(lines(found)).toEqual(['a.tar/0.mp4 null 12'])
  expect(found.notes).toEqual([
    'The classes are named by their index. A file classes.txt with a name on each line would name them.',
  ])
})

test.each([
  [{ label: 3, class_name: 'fall', url: 'x' }, { label: 3, class_name: 'walk' }, ['fall', 'walk']],
  [{ label: 3 }, { label: 4 }, ['3', '4']],
  [{ cls: 'fall' }, { category: 'walk', label: '' }, ['fall', 'walk']],
])('classes are read from a field of JSON: %j', (first, second, classes) => {
  const found = read({
    'a.tar': { '0.mp4': 'a', '0.json': JSON.stringify(first), '1.mp4': 'b', '1.json': JSON.stringify(second) },
  })
  expect(found.annotations.map(({ labels }) => labels['class'])).toEqual(classes)
  expect(found.source).toMatchObject({ classes: 'json' })
})

/** Four videos with texts. */
const texts = (of: (index: number) => string) =>
  Object.fromEntries(
    [0, 1, 2, 3].flatMap((index) => [
      [`${index}.mp4`, `video ${index}`],
      [`${index}.txt`, of(index)],
    ]),
  )

test('texts that repeat are classes, and texts that do not are descriptions', () => {
  const classes = read({ 'a.tar': texts((index) => (index % 2 === 0 ? 'fall' : 'walk')) })
  expect(classes.annotations.map(({ labels }) => labels['class'])).toEqual(['fall', 'walk', 'fall', 'walk'])
  const descriptions = read({ 'a.tar': texts((index) => `a person walks ${index} steps`) })
  expect(descriptions.source).toEqual({ format: 'webdataset', tarFiles: 1, classes: null })
  expect(descriptions.notes).toEqual([
    'The files .txt are not classes: they are descriptions, or classes are in other files.',
  ])
  expect(descriptions.warnings).toEqual([
    'No file in the tar files has classes: none is called .cls, and no .json has one of the fields class_name, label_name, label, class, cls, category, action. Pre-training does not need them; for fine-tuning, write a labels.csv with paths such as a.tar/0.mp4.',
  ])
})

test('missing partners, repeated names and keys, unreadable classes and cut off shards are named', () => {
  const cut = shardOf({ '8.mp4': 'i', '8.cls': '0', '9.mp4': 'j'.repeat(2000) }).subarray(0, 3000)
  const twice = tarOf([
    { name: '5.mp4', content: 'f' },
    { name: '5.cls', content: '0' },
    { name: '5.mp4', content: 'g' },
  ])
  const found = read(
    {
      'a.tar': { '0.mp4': 'a', '1.mp4': 'b', '1.cls': '0', '2.cls': '0', '3.mp4': 'c', '3.cls': '7' },
      'b.tar': { '4.a.mp4': 'd', '4.b.mp4': 'e', '4.cls': '0' },
      'c.tar': twice,
      'd.tar': cut,
    },
    { 'classes.txt': 'fall\nwalk\n' },
  )
  expect(lines(found)).toEqual(['a.tar/0.mp4 null null', 'a.tar/1.mp4 null fall', 'd.tar/8.mp4 null fall'])
  expect(absent(found)).toEqual([
    'b.tar/4.a.mp4: Another video has the same key: 4.a.mp4, 4.b.mp4.',
    'b.tar/4.b.mp4: Another video has the same key: 4.a.mp4, 4.b.mp4.',
    'c.tar/5.mp4: The tar file has several files of this name.',
    'd.tar/9.mp4: The tar file is cut off in this file.',
    'a.tar/3.mp4: classes.txt has no class 7.',
  ])
  expect(found.warnings).toEqual([
    '1 video has no class in a file .cls: a.tar/0.mp4. Fine-tuning and the test do not use it.',
    '2 files have no video with the same key: a.tar/2.cls and c.tar/5.cls.',
    'd.tar is cut off in 9.mp4: 1560 bytes are missing. Copy or write it again.',
  ])
})

test('a class that is no text and JSON that is no object are named', () => {
  const file = join(temporaryFolder(), 'a.tar')
  writeFileSync(
    file,
    tarOf([
      { name: '0.mp4', content: 'a' },
      { name: '0.cls', content: Buffer.from([0xff, 0xfe, 0, 1]) },
      { name: '1.mp4', content: 'b' },
      { name: '1.cls', content: 'fall' },
    ]),
  )
  expect(absent(readAnnotations(scanFolder(dirname(file))))).toEqual([
    'a.tar/0.mp4: Its class cannot be read: 0.cls or .txt is not UTF-8 text.',
  ])
  const json = read({ 'a.tar': { '0.mp4': 'a', '0.json': '{"label": ', '1.mp4': 'b', '1.json': '{"label": 1}' } })
  expect(absent(json)).toEqual(['a.tar/0.mp4: Its class cannot be read: 0.json is not a JSON object.'])
})

test('shards of pictures are pictures, and what else is in shards is counted', () => {
  const pictures = scanFolder(folderOfShards({ 'a.tar': { '0.jpg': 'a', '0.cls': '3', '1.jpg': 'b', '1.cls': '4' } }))
  expect(pictures).toMatchObject({ hasPictures: true, videos: ['a.tar/0.jpg', 'a.tar/1.jpg'] })
  const folder = scanFolder(
    folderOfShards(
      {
        'a.tar': { '0.mp4': 'a', '0.cls': '0', '0.jpg': 'cover', '0.wav': 'sound', '._0.mp4': 'macOS' },
        'sources.tar': { 'readme.md': 'no video' },
      },
      { 'cover.jpg': '' },
    ),
  )
  expect(folder.videos).toEqual(['a.tar/0.mp4'])
  const leftOut = countLeftOut(leftOutOf(folder, readAnnotations(folder)))
  expect(leftOut.map(({ reason, ending, examples }) => [reason, ending, examples])).toEqual([
    ['in-tar', undefined, ['a.tar/0.jpg', 'a.tar/0.wav']],
    ['hidden', undefined, ['a.tar/._0.mp4']],
    ['ending', '.jpg', ['cover.jpg']],
    ['ending', '.tar', ['sources.tar']],
  ])
})

test('of several pictures of a key, the one whose name is the key is the sample', () => {
  const found = read({ 'a.tar': { '0.jpg': 'a', '0.mask.png': 'b', '0.cls': 'cat' } })
  expect([lines(found), found.missing]).toEqual([['a.tar/0.jpg null cat'], []])
})

test('a labels.csv may name videos in shards', () => {
  const found = read(
    { 'a.tar': { '0.mp4': 'a', '0.cls': '0', '1.mp4': 'b', '1.cls': '0' } },
    { 'labels.csv': 'path,split,class\na.tar/0.mp4,train,fall\na.tar/2.mp4,test,walk\n' },
  )
  expect(lines(found)).toEqual(['a.tar/0.mp4 train fall'])
  expect(absent(found)).toEqual(['a.tar/2.mp4: The file is not in the folder.'])
})

test('beside video files, tar files are left out with a warning', () => {
  const found = read({ 'a.tar': { '0.mp4': 'a', '0.cls': '0' } }, { 'fall/1.mp4': '' })
  expect(lines(found)).toEqual(['fall/1.mp4 null fall'])
  expect(found.warnings).toContain(
    '1 tar file was left out because there are video files: a.tar. If it has videos of the dataset, import a folder without other videos.',
  )
})
