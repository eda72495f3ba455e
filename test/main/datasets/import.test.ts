import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImportEvent } from '#contract/api/contract.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import { wholeDataset } from '../../support/whole-dataset.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilFile,
  untilStatus,
  videosOf,
} from '../support.ts'

const withSeed = (seed: number): SplitDrawing => ({ ...defaultDrawing, seed })

test('a folder per class is imported with progress, and its files do not change', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const files = {
    ...videosOf(['walk', 'fall'], 10),
    'walk/broken-1.mp4': 'x',
    'readme.txt': 'not a video',
    'walk/deep/er.mp4': 'nested',
  }
  const directory = folderOf(files)
  const before = readdirSync(directory, { recursive: true })
  const events: ImportEvent[] = []
  for await (const event of await studio.client.datasets.import({ directory, name: 'shapes' })) events.push(event)
  expect(events[0]).toEqual({ type: 'progress', done: 0, total: 22, path: '' })
  const counts = events.flatMap((event) => (event.type === 'progress' ? [event.done] : []))
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  expect(events.at(-2)).toMatchObject({ done: 22, total: 22 })
  expect(readdirSync(directory, { recursive: true })).toEqual(before)

  const [summary] = await studio.client.datasets.list({})
  expect(events.at(-1)).toEqual({
    type: 'done',
    dataset: summary,
    report: {
      source: { format: 'folder-per-class' },
      drawing: defaultDrawing,
      drawn: 21,
      followLinks: false,
      leftOut: [{ reason: 'ending', ending: '.txt', count: 1, examples: ['readme.txt'] }],
      warnings: [],
      notes: [],
      repeats: { acrossSplits: { count: 0, examples: [] }, acrossClasses: { count: 0, examples: [] }, elsewhere: 0 },
    },
  })
  expect(summary).toMatchObject({
    name: 'shapes',
    root: directory,
    videoCount: 21,
    brokenCount: 1,
    totalFrames: 21 * 32,
    totalDurationMs: 21 * 32 * 40,
    labelSets: [{ name: 'class', classes: ['fall', 'walk'] }],
    balance: [
      { labelSet: 'class', label: 'fall', train: 7, validation: 1, test: 2 },
      { labelSet: 'class', label: 'walk', train: 8, validation: 1, test: 2 },
    ],
  })
  const detail = await wholeDataset(studio.client, 'shapes')
  expect(detail.broken).toEqual([{ path: 'walk/broken-1.mp4', reason: 'it has no picture' }])
  expect(detail.samples.find(({ video }) => video.path === 'walk/deep/er.mp4')).toMatchObject({
    labels: { class: 1 },
    video: { frameCount: 32, codec: 'h264' },
  })
  expect(new Set(detail.samples.map(({ video }) => video.id)).size).toBe(21)
})

test('the same folder and seed give the same dataset; another seed another split', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf(videosOf(['a', 'b'], 10))
  const [one, two, other] = [
    await importFolder(studio, directory, 'one', withSeed(1)),
    await importFolder(studio, directory, 'two', withSeed(1)),
    await importFolder(studio, directory, 'other', withSeed(2)),
  ]
  expect(two.digest).toBe(one.digest)
  expect(other.digest).not.toBe(one.digest)
})

test('clips of a scene stay together with the ratio that was chosen, and the choice is stored', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const names = ['walk', 'fall'].flatMap((label) =>
    Array.from({ length: 20 }, (_, index) => `${label}/v_${label}_g${index % 5}_c${index}.mp4`),
  )
  const directory = folderOf(Object.fromEntries(names.map((name) => [name, name])))
  const drawing: SplitDrawing = {
    ratio: { train: 60, validation: 20, test: 20 },
    seed: 3,
    groupBy: { by: 'name', pattern: '_(g[0-9]+)_' },
  }
  const preview = await studio.client.datasets.previewImport({ directory, drawing })
  const { balance } = await importFolder(studio, directory, 'shapes', drawing)
  expect(balance.map(({ label, train, validation, test }) => ({ label, train, validation, test }))).toEqual([
    { label: 'fall', train: 12, validation: 4, test: 4 },
    { label: 'walk', train: 12, validation: 4, test: 4 },
  ])
  expect(preview).toMatchObject({
    drawing,
    drawn: 40,
    labelSets: [
      {
        name: 'class',
        classes: balance.map(({ label, train, validation, test: tested }) => ({
          label,
          train,
          validation,
          test: tested,
        })),
      },
    ],
  })
  const { samples, report } = await wholeDataset(studio.client, 'shapes')
  for (const scene of Map.groupBy(samples, ({ video }) => /_g\d_/.exec(video.path)?.[0]).values())
    expect(new Set(scene.map(({ split }) => split)).size).toBe(1)
  expect(report).toMatchObject({ drawing, drawn: 40 })
})

test('videos with the same content stay together, which a preview cannot know and an index check does not find', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const names = Array.from({ length: 20 }, (_, index) => `${index % 2 === 0 ? 'a' : 'b'}/${index}.mp4`)
  const directory = folderOf(Object.fromEntries(names.map((name, index) => [name, `content ${index % 10}`])))
  const drawing: SplitDrawing = { ...defaultDrawing, groupBy: { by: 'near-duplicates' } }
  const { warnings } = await studio.client.datasets.previewImport({ directory, drawing })
  expect(warnings).toContain(
    'Near duplicates are found when the videos are decoded. The counts of the splits may change then.',
  )
  await importFolder(studio, directory, 'shapes', drawing)
  const { samples, report } = await wholeDataset(studio.client, 'shapes')
  expect(report?.repeats.acrossSplits.count).toBe(0)
  expect(new Set(samples.map(({ split }) => split)).size).toBeGreaterThan(1)

  const indexed = await studio.client.datasets.import({ directory, name: 'indexed', drawing, check: 'index' })
  await expect(indexed.next()).rejects.toThrow(
    'drawing.groupBy: near duplicates are not found if only the headers are read.',
  )
})

test('a drawing that is impossible is refused before the videos are opened', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf(videosOf(['a', 'b'], 3))
  const drawing: SplitDrawing = { ...defaultDrawing, groupBy: { by: 'folder' } }
  expect(await refusal(importFolder(studio, directory, 'one', drawing))).toMatch(
    /^bad-request: drawing\.groupBy: no video/,
  )
  const ratio = { train: 80, validation: 10, test: 20 }
  expect(await refusal(importFolder(studio, directory, 'one', { ...defaultDrawing, ratio }))).toMatch(
    /drawing\.ratio: The percentages .* must sum to 100, not 110/,
  )
  expect(await studio.client.datasets.list({})).toEqual([])
})

test('labels.csv decides labels, splits, and which videos belong to the dataset', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf({
    ...videosOf(['x'], 4),
    'labels.csv': 'path,split,shape,motion\nx/0.mp4,train,disc,spin\nx/1.mp4,test,ring,\nx/2.mp4,train,,slide\n',
  })
  const { videoCount, labelSets, balance } = await importFolder(studio, directory)
  expect({ videoCount, labelSets }).toEqual({
    videoCount: 3,
    labelSets: [
      { name: 'shape', classes: ['disc', 'ring'] },
      { name: 'motion', classes: ['slide', 'spin'] },
    ],
  })
  expect(balance).toContainEqual({ labelSet: 'shape', label: null, train: 1, validation: 0, test: 0 })
})

test('listed files that are missing are left out with a list, and are new when they come back', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf({
    ...videosOf(['x'], 4),
    'labels.csv':
      'path,split,class\nx/0.mp4,train,a\nx/1.mp4,test,b\nx/7.mp4,train,a\nx/8.mp4,train,b\nx/2.mp4,train,b\n',
  })
  await importFolder(studio, directory)
  const { samples, broken, report } = await wholeDataset(studio.client, 'shapes')
  expect(samples.map(({ video }) => video.path)).toEqual(['x/0.mp4', 'x/1.mp4', 'x/2.mp4'])
  expect(broken).toEqual(
    ['x/7.mp4', 'x/8.mp4'].map((path) => ({ path, reason: 'The file is not in the folder.', isMissing: true })),
  )
  expect(report?.leftOut).toEqual([{ reason: 'not-listed', count: 1, examples: ['x/3.mp4'] }])
  expect((await studio.client.datasets.check({ name: 'shapes' })).drift).toEqual([])
  writeFileSync(join(directory, 'x', '7.mp4'), 'back')
  expect((await studio.client.datasets.check({ name: 'shapes' })).drift).toEqual([{ path: 'x/7.mp4', problem: 'new' }])
})

test('a class of which no video is left is a warning', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(
    studio,
    folderOf({
      ...videosOf(['x'], 2),
      'x/broken-1.mp4': '',
      'labels.csv': 'path,split,class\nx/0.mp4,train,a\nx/1.mp4,test,a\nx/broken-1.mp4,train,b\nx/9.mp4,train,c\n',
    }),
  )
  expect((await studio.client.datasets.get({ name: 'shapes' })).report?.warnings).toEqual([
    'The classes "b" (class) and "c" (class) have no videos that can be used and are not in the dataset.',
  ])
})

test('folders of splits with folders of classes give the splits', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const { labelSets, balance } = await importFolder(
    studio,
    folderOf(videosOf(['train/a', 'train/b', 'val/a', 'val/b', 'test/a', 'test/b'], 2)),
  )
  expect(labelSets).toEqual([{ name: 'class', classes: ['a', 'b'] }])
  expect(balance).toEqual(['a', 'b'].map((label) => ({ labelSet: 'class', label, train: 2, validation: 2, test: 2 })))
})

test('links are followed on request, also when the files are checked', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf(videosOf(['a'], 2))
  const elsewhere = folderOf(videosOf(['b'], 2))
  symlinkSync(join(elsewhere, 'b'), join(directory, 'b'))
  await importFolder(studio, directory, 'without')
  const { report } = await studio.client.datasets.get({ name: 'without' })
  expect(report?.leftOut).toEqual([{ reason: 'link', count: 1, examples: ['b'] }])
  for await (const _ of await studio.client.datasets.import({ directory, name: 'with', followLinks: true }));
  const { labelSets, videoCount } = await studio.client.datasets.get({ name: 'with' })
  expect({ labelSets, videoCount }).toEqual({ labelSets: [{ name: 'class', classes: ['a', 'b'] }], videoCount: 4 })
  writeFileSync(join(elsewhere, 'b', '9.mp4'), 'new')
  expect((await studio.client.datasets.check({ name: 'with' })).drift).toEqual([{ path: 'b/9.mp4', problem: 'new' }])
  expect((await studio.client.datasets.check({ name: 'without' })).drift).toEqual([])
})

test('a folder of links alone says so', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = temporaryFolder()
  symlinkSync(folderOf(videosOf(['b'], 2)), join(directory, 'all'))
  expect((await refusal(importFolder(studio, directory))).replaceAll(directory, '<folder>')).toMatchInlineSnapshot(`
    "dataset-empty: The folder <folder> contains no video files. It contains:
    1 link: not followed
    Follow the links (--follow-links on the command line), or choose another folder."
  `)
})

/** A file of a size at which its digest does not cover the middle. */
const large = (middle: string): string => `${'x'.repeat(1_100_000)}${middle}${'y'.repeat(1_100_000)}`

test('videos with the same content in two classes or splits are a warning, also at the launch', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(
    studio,
    folderOf({
      'train/a/1.mp4': 'one',
      'train/a/2.mp4': 'two',
      'train/a/copy.mp4': 'two',
      'test/a/once.mp4': 'six copies',
      ...Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`train/a/copy-${index}.mp4`, 'six copies'])),
      'train/b/1.mp4': 'one',
      'train/b/2.mp4': 'three',
      'test/a/1.mp4': 'three',
      'test/b/1.mp4': 'four',
      'train/a/large-1.mp4': large('1'),
      'test/a/large-2.mp4': large('1'),
      'test/b/large-3.mp4': large('2'),
    }),
  )
  const { report } = await studio.client.datasets.get({ name: 'shapes' })
  expect(report?.repeats).toEqual({
    acrossSplits: {
      count: 3,
      examples: [
        ['test/a/1.mp4', 'train/b/2.mp4'],
        ['test/a/large-2.mp4', 'train/a/large-1.mp4'],
        ['test/a/once.mp4', ...Array.from({ length: 5 }, (_, index) => `train/a/copy-${index}.mp4`)],
      ],
    },
    acrossClasses: {
      count: 2,
      examples: [
        ['test/a/1.mp4', 'train/b/2.mp4'],
        ['train/a/1.mp4', 'train/b/1.mp4'],
      ],
    },
    elsewhere: 1,
  })
  expect(report?.warnings).toMatchInlineSnapshot(`
    [
      "3 videos are in more than one split, in files with the same content: test/a/1.mp4 and train/b/2.mp4; test/a/large-2.mp4 and train/a/large-1.mp4; test/a/once.mp4, train/a/copy-0.mp4, train/a/copy-1.mp4, and 3 more. Results on them are not those of unseen videos.",
      "2 videos are in more than one class, in files with the same content: test/a/1.mp4 and train/b/2.mp4; train/a/1.mp4 and train/b/1.mp4. At most one of the labels can be right.",
    ]
  `)
  expect(report?.notes).toEqual(['1 video of one class and split is in the dataset more than once.'])
  const request = requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher']))
  expect((await studio.client.pipelines.check(request)).warnings).toEqual(
    expect.arrayContaining(report?.warnings ?? []),
  )
})

test('a picture with the ending of an animation is left out', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf({ 'a/1.mp4': '', 'a/icon-1f.gif': '', 'a/moves-9f.gif': '' })
  expect(await importFolder(studio, directory)).toMatchObject({ videoCount: 2 })
  const { report } = await studio.client.datasets.get({ name: 'shapes' })
  expect(report?.leftOut).toEqual([{ reason: 'still-picture', count: 1, examples: ['a/icon-1f.gif'] }])
})

test('videos without folders have no classes', async () => {
  const studio = await openTestStudio(temporaryFolder())
  expect(await importFolder(studio, folderOf({ '1.mp4': 'x', '2.mp4': 'y' }))).toMatchObject({
    videoCount: 2,
    labelSets: [],
    balance: [],
  })
})

test('a file on which the decoder crashes is broken; the others are imported', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf({ ...videosOf(['a', 'b'], 3), 'a/crash-1.mp4': '', 'b/crash-2.mp4': '' }))
  const { samples, broken } = await wholeDataset(studio.client, 'shapes')
  expect(samples).toHaveLength(6)
  expect(broken).toEqual(
    ['a/crash-1.mp4', 'b/crash-2.mp4'].map((path) => ({
      path,
      reason: 'The decoder crashed on this file (signal SIGKILL).',
    })),
  )
})

test('what cannot be imported is refused with a reason and leaves nothing behind', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const refuse = async (directory: string, name = 'shapes') =>
    (await refusal(importFolder(studio, directory, name)))
      .replaceAll(directory, '<folder>')
      .replaceAll(workspace, '<workspace>')
  const empty = folderOf({ 'readme.txt': '' })
  expect(await refuse(empty)).toMatchInlineSnapshot(`
    "dataset-empty: The folder <folder> contains no video files. It contains:
    1 file with the ending .txt: not a video format
    Choose a folder with one folder of videos per class, or with videos and a labels.csv."
  `)
  expect(await refuse(join(empty, 'nowhere'))).toMatchInlineSnapshot(`
    "not-found: The folder <folder> does not exist.
    Check the path."
  `)
  expect(await refuse(join(empty, 'readme.txt'))).toMatchInlineSnapshot(`
    "bad-request: <folder> is a file, not a folder.
    Choose the folder that contains the videos."
  `)
  expect(
    await refuse(folderOf(Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`a/broken-${index}.mp4`, ''])))),
  ).toMatchInlineSnapshot(`
    "dataset-broken: None of the 7 video files in <folder> can be read:
    a/broken-0.mp4: it has no picture
    a/broken-1.mp4: it has no picture
    a/broken-2.mp4: it has no picture
    a/broken-3.mp4: it has no picture
    a/broken-4.mp4: it has no picture
    and 2 more
    Replace or convert the files, then import the folder again."
  `)
  expect(await refuse(folderOf({ 'a/1.mp4': '', 'labels.csv': 'path,split,class\na/2.mp4,train,x\n' })))
    .toMatchInlineSnapshot(`
      "dataset-empty: labels.csv in <folder> lists 1 file, of which none can be used:
      a/2.mp4: The file is not in the folder.
      Correct the paths, which start at this folder, or move the file to the folder of the videos."
    `)
  expect(await refuse(folderOf({ 'a/1.mp4': '', 'labels.csv': 'path,split,class\n' }))).toMatchInlineSnapshot(`
    "dataset-empty: The list of labels in <folder> (labels.csv) names no videos.
    Add one line per video, or remove the list to use one folder per class."
  `)
  expect(await refuse(workspace)).toMatchInlineSnapshot(`
    "bad-request: The folder <folder> contains the workspace <folder>.
    Choose a folder that contains only the videos."
  `)
  expect(await refuse(empty, 'Bad Name')).toMatchInlineSnapshot(`
    "bad-request: name: Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.
    Correct these fields and try again."
  `)
  expect(readdirSync(join(workspace, 'datasets'))).toEqual([])
  expect(await studio.client.datasets.list({})).toEqual([])
})

test('a name is used once, also while an import is running', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf(videosOf(['a', 'b'], 2))
  const [first, second] = await Promise.allSettled([importFolder(studio, directory), importFolder(studio, directory)])
  expect([first.status, second.status]).toEqual(['fulfilled', 'rejected'])
  expect(await refusal(importFolder(studio, directory))).toMatchInlineSnapshot(`
    "already-exists: There is already a dataset called shapes.
    Choose another name, or remove that dataset first."
  `)
})

test('an import can be cancelled; its name is free again', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const directory = folderOf({ 'a/1.mp4': '', 'a/slow-1.mp4': '' })
  const abort = new AbortController()
  const seen: number[] = []
  for await (const event of await studio.client.datasets.import(
    { directory, name: 'shapes' },
    { signal: abort.signal },
  )) {
    seen.push(event.type === 'progress' ? event.done : -1)
    if (event.type === 'progress' && event.done === 1) abort.abort()
  }
  expect(seen).toEqual([0, 1])
  expect(readdirSync(join(workspace, 'datasets'))).toEqual([])
  // Leaving the loop breaks it off as well.
  for await (const event of await studio.client.datasets.import({ directory, name: 'other' }))
    if (event.type === 'progress' && event.done === 1) break
  rmSync(join(directory, 'a', 'slow-1.mp4'))
  expect(await importFolder(studio, directory, 'third')).toMatchObject({ videoCount: 1 })
})

test('the built-in dataset is written and imported', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const events: ImportEvent[] = []
  for await (const event of await studio.client.datasets.importBuiltIn({ name: 'shapes' })) events.push(event)
  expect(events[0]).toEqual({ type: 'progress', done: 1, total: 4, path: 'Writing the videos' })
  expect(events.at(-1)).toMatchObject({
    type: 'done',
    dataset: { root: join(workspace, 'built-in', 'shapes'), videoCount: 4, labelSets: [{ name: 'shape' }] },
  })
})

test('a preview that ends its task is left out, and the others are made', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf({ 'a/0.mp4': '', 'a/crash-preview.mp4': '', 'a/z.mp4': '' }))
  const { samples } = await wholeDataset(studio.client, 'shapes')
  const files = samples.map(({ video }) => ({
    path: video.path,
    preview: join(workspace, 'datasets', 'shapes', `${video.id}.webp`),
  }))
  for (const { path, preview } of files) if (!path.includes('crash')) await untilFile(preview)
  expect(files.filter(({ preview }) => existsSync(preview)).map(({ path }) => path)).toEqual(['a/0.mp4', 'a/z.mp4'])
})

test('differences between manifest and files are found', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const directory = folderOf({ ...videosOf(['a', 'b'], 3), 'a/broken-1.mp4': '' })
  await importFolder(studio, directory)
  expect(await studio.client.datasets.check({ name: 'shapes' })).toEqual({ name: 'shapes', checked: 6, drift: [] })
  rmSync(join(directory, 'a', '0.mp4'))
  writeFileSync(join(directory, 'a', '1.mp4'), 'longer than before')
  writeFileSync(join(directory, 'b', '0.mp4'), 'B 0')
  mkdirSync(join(directory, 'c'))
  writeFileSync(join(directory, 'c', 'new.mp4'), '')
  expect((await studio.client.datasets.check({ name: 'shapes' })).drift).toEqual([
    { path: 'a/0.mp4', problem: 'missing' },
    { path: 'a/1.mp4', problem: 'changed' },
    { path: 'b/0.mp4', problem: 'changed' },
    { path: 'c/new.mp4', problem: 'new' },
  ])
})

test('a dataset can be removed unless a pipeline uses it; its video files remain', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const directory = folderOf(videosOf(['a', 'b'], 5))
  await importFolder(studio, directory, 'used')
  await importFolder(studio, directory, 'free')
  await studio.client.pipelines.launch({
    ...requestFor('used', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  expect(await refusal(studio.client.datasets.remove({ name: 'used' }))).toMatchInlineSnapshot(`
    "run-state: The dataset used is used by the pipeline p.
    A dataset can only be removed if no pipeline uses it, because its manifest records what runs were trained on."
  `)
  const watch = await studio.client.datasets.watch({})
  await watch.next()
  await studio.client.datasets.remove({ name: 'free' })
  expect((await watch.next()).value).toEqual({ type: 'removed', name: 'free' })
  await watch.return()
  expect(existsSync(join(workspace, 'datasets', 'free'))).toBe(false)
  expect(existsSync(join(directory, 'a', '0.mp4'))).toBe(true)
  expect(await refusal(studio.client.datasets.get({ name: 'free' }))).toMatchInlineSnapshot(`
    "not-found: There is no dataset called free.
    Choose one of used."
  `)
  await untilStatus(studio, 'p.image-teacher', 'finished')
})

test('previews are made in the background and served; missing ones are made at the next start', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf({ 'a/0.mp4': '', 'a/no-preview.mp4': '' }))
  const { samples } = await wholeDataset(studio.client, 'shapes')
  const id = samples.find(({ video }) => video.path === 'a/0.mp4')!.video.id
  const file = join(workspace, 'datasets', 'shapes', `${id}.webp`)
  await untilFile(file)
  expect(studio.mediaFile(`/media/datasets/shapes/${id}.webp`)).toBe(file)
  expect(readFileSync(file, 'utf8')).toBe('preview of 0.mp4')
  await studio.close()
  rmSync(file)
  const again = await openTestStudio(workspace)
  await untilFile(file)
  await again.close()
  expect(readdirSync(join(workspace, 'datasets', 'shapes')).toSorted()).toEqual(
    [`${id}.webp`, 'integrity.jsonl', 'manifest.json', 'samples.jsonl'].toSorted(),
  )
})
