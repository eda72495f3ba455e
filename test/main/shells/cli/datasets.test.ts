import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyClasses, copyTwoClasses, videosOfClass } from '../../../support/videos/index.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const workspace = join(root, 'workspace')

const importAs = async (name: string, folder: string, ...words: string[]) => {
  const { code, stdout, stderr } = await command(
    'dataset',
    'import',
    folder,
    '--name',
    name,
    '--workspace',
    workspace,
    ...words,
  )
  if (code !== 0) throw new Error(`The import failed: ${stderr}`)
  return stdout
}

test('an import prints how the folder was read, what was left out and what may be wrong', async () => {
  const folder = copyTwoClasses(join(root, 'mixed'), 2)
  const elsewhere = copyClasses(join(root, 'elsewhere'), { sit: videosOfClass('fall', 3).slice(2) })
  symlinkSync(join(elsewhere, 'sit'), join(folder, 'sit'))
  writeFileSync(join(folder, 'fall', 'notes.txt'), '')
  writeFileSync(join(folder, 'fall', 'game.ts'), 'export const game = 1')
  const text = (await importAs('mixed', folder)).split('\n')
  expect(text.slice(text.findIndex((line) => line.startsWith('Read ')))).toEqual([
    'Read as one folder per class.',
    'Splits were drawn of each class with seed 0: 70 % training, 10 % validation, 20 % test.',
    '',
    'Not part of the dataset:',
    '  1 file with the ending of a video: the content is not a video (fall/game.ts)',
    '  1 file with the ending .txt: not a video format (fall/notes.txt)',
    '  1 link: not followed (sit)',
    'Import with --follow-links to follow links.',
    '',
  ])
  const followed = JSON.parse(await importAs('followed', folder, '--follow-links', '--json'))
  expect(followed).toMatchObject({
    labelSets: [{ name: 'class', classes: ['fall', 'roll', 'sit'] }],
    report: { followLinks: true, warnings: [] },
  })
})

test('labels in Windows-1252 with semicolons keep their letters, and missing files are listed', async () => {
  const folder = copyTwoClasses(join(root, 'labels'), 1)
  const [first, second] = ['fall', 'roll'].map((name) => join(name, readdirSync(join(folder, name))[0]!))
  writeFileSync(
    join(folder, 'Labels.csv'),
    Buffer.from(`path;split;action\n${first};train;fällen\n${second};test;füllen\ngone.mp4;test;füllen\n`, 'latin1'),
  )
  const dataset = JSON.parse(await importAs('labels', folder, '--json'))
  expect(dataset).toMatchObject({
    labelSets: [{ name: 'action', classes: ['fällen', 'füllen'] }],
    broken: [{ path: 'gone.mp4', reason: 'The file is not in the folder.' }],
    report: { source: { format: 'labels-csv', file: 'Labels.csv', encoding: 'windows-1252', delimiter: ';' } },
  })
})

test('a table with any header is previewed, and imported by columns that a check repeats', async () => {
  const folder = copyTwoClasses(join(root, 'table'), 2)
  const [first, second] = ['fall', 'roll'].map((name) => join(name, readdirSync(join(folder, name))[0]!))
  writeFileSync(join(folder, 'metadata.tsv'), `clip\tmotion\tfold\n${first}\tdown\t0\n${second}\tround\t2\n`)
  const preview = async (...words: string[]) => {
    const { code, stdout, stderr } = await command('dataset', 'preview', folder, '--workspace', workspace, ...words)
    return code === 0 ? stdout : stderr
  }
  const text = await preview()
  expect(text).toContain('metadata.tsv, whose columns can be chosen:\n')
  expect(text).toContain('│ motion │ fold │\n')
  expect(text).toContain('For example: --columns table=metadata.tsv,path=clip,split=fold\n')
  const columns = 'path=clip,label=motion,split=fold'
  expect(await preview('--columns', columns)).toContain(
    'Labels and splits were read from the columns of metadata.tsv: path=clip,label=motion,split=fold.',
  )
  expect(await preview('--columns', 'clip')).toContain('"clip" is not one of table=…, path=…')
  expect(await preview('--columns', 'label=motion')).toContain('Name the column of the paths: path=NAME.')
  expect(await preview('--columns', 'path=clip,start=fold')).toContain('needs both a column with its start')
  const dataset = JSON.parse(await importAs('table', folder, '--columns', columns, '--json'))
  expect(dataset).toMatchObject({
    videoCount: 2,
    labelSets: [{ name: 'motion', classes: ['down', 'round'] }],
    report: {
      source: {
        format: 'table',
        files: ['metadata.tsv'],
        columns: { path: 'clip', labels: ['motion'], split: 'fold' },
      },
      notes: ['In the column fold, 0 was read as train and 2 was read as test.'],
    },
  })
  const check = await command('dataset', 'check', 'table', '--workspace', workspace)
  expect(check.stdout).toBe('All 2 files of table are unchanged.\n')
})

const list = (...words: string[]) => command('dataset', 'samples', 'listed', '--workspace', workspace, ...words)

test('samples are listed by a filter and sorted; a filter that is not understood is refused', async () => {
  await importAs('listed', copyTwoClasses(join(root, 'listed'), 3))
  const { stdout } = await list('--filter', 'class:fall', '--sort', 'path', '--descending', '--limit', '2', '--json')
  const { total, samples } = JSON.parse(stdout)
  const all = readdirSync(join(root, 'listed', 'fall')).map((name) => `fall/${name}`)
  expect({ total, paths: samples.map((sample: { video: { path: string } }) => sample.video.path) }).toEqual({
    total: 3,
    paths: all.toSorted().toReversed().slice(0, 2),
  })
  expect((await list('--filter', 'class:roll')).stdout).toMatch(/File .*Split .*class .*3 of 3 samples\.\n$/s)
  const refused = await list('--filter', 'frame < 3')
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('There is no key frame. Did you mean frames?')
})

test('what cannot be shown of what training takes is said', async () => {
  const folder = copyTwoClasses(join(root, 'seen'), 3)
  await importAs('seen', folder)
  const see = (...words: string[]) => command('dataset', 'see', 'seen', ...words, '--workspace', workspace)
  const listed = await command(
    'dataset',
    'samples',
    'seen',
    '--filter',
    'split:train',
    '--workspace',
    workspace,
    '--json',
  )
  const path: string = JSON.parse(listed.stdout).samples[0].video.path
  const seen = await see(path, '--preset', 'demo', '--stage', 'distill')
  // A step of 32 samples is more than the dataset has.
  expect(seen.stderr).toContain('Lower batchSize, or raise samplesPerVideo.')
  expect((await see(path)).stderr).toContain('Give --run, or --preset and --stage.')
  expect((await see(path, '--run', 'nothere')).stderr).toContain('nothere')
  expect((await see(path, '--run', 'x', '--seed', '3')).stderr).toContain('A run has its own settings.')
})

test('splits are drawn as the options say, and options that cannot be are refused by name', async () => {
  const folder = copyTwoClasses(join(root, 'drawn'), 4)
  const options = ['--ratio', '50,0,50', '--seed', '3']
  expect(JSON.parse(await importAs('drawn', folder, ...options, '--json'))).toMatchObject({
    balance: [
      { label: 'fall', train: 2, validation: 0, test: 2 },
      { label: 'roll', train: 2, validation: 0, test: 2 },
    ],
    report: { drawing: { ratio: { train: 50, validation: 0, test: 50 }, seed: 3, groupBy: { by: 'none' } } },
  })
  const preview = await command('dataset', 'preview', folder, '--workspace', workspace, ...options)
  expect(preview.stdout).toContain(
    'Splits were drawn of each class with seed 3: 50 % training, 0 % validation, 50 % test.',
  )
  expect(preview.stdout).toMatch(/fall +│ +2 │ +0 │ +2/)
  const again = await command('dataset', 'split', 'drawn', '--workspace', workspace, '--ratio', '75,0,25', '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({
    name: 'drawn-2',
    balance: [
      { train: 3, test: 1 },
      { train: 3, test: 1 },
    ],
  })
  for (const [words, message] of [
    [['--ratio', '80,10,20'], 'must sum to 100, not 110'],
    [['--ratio', '80,20'], 'Give three percentages'],
    [['--seed', 'x'], 'Give a whole number from 0'],
    [['--group-by', 'name:(g'], 'The expression is not valid'],
    [['--group-by', 'scene'], 'Give none, folder, name:PATTERN or near-duplicates'],
    [['--group-by', 'folder'], 'drawing.groupBy: no video is in a folder below that of its class'],
  ] as const) {
    const { code, stderr } = await command('dataset', 'preview', folder, '--workspace', workspace, ...words)
    expect(code).not.toBe(0)
    expect(stderr).toContain(message)
  }
})

test('a folder that changed is read again as a version, which is listed with what changed', async () => {
  const folder = copyTwoClasses(join(root, 'versions'), 3)
  await importAs('versions', folder)
  expect((await version('reimport')).stdout).toContain('Nothing in versions has changed since its import.')
  rmSync(videosIn(folder, 'fall')[0]!)
  const { stdout } = await version('reimport')
  expect(stdout).toMatch(/Version 2 of versions: 1 sample removed.*\.\n {2}removed: fall\//s)
  expect((await version('versions')).stdout).toMatch(/│ +2 │ .* 5 │ .*1 sample removed.*│ +1 │ .* 6 │ .*–/s)
})

const version = (verb: string) => command('dataset', verb, 'versions', '--workspace', workspace)
const videosIn = (folder: string, name: string): string[] =>
  readdirSync(join(folder, name))
    .toSorted()
    .map((file) => join(folder, name, file))
