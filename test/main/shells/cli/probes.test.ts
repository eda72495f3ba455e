import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { probeRecord, type ProbeRecord } from '#contract/domain/probe.ts'
import { copyTwoClasses } from '../../../support/videos/index.ts'
import { command, folderForFile, startCommand } from './command-line.ts'

const root = folderForFile()
const workspace = ['--workspace', join(root, 'workspace')]
const small = Object.entries({
  width: 48,
  depth: 1,
  heads: 3,
  decoderWidth: 32,
  decoderDepth: 1,
  decoderHeads: 2,
  batchSize: 4,
  warmupEpochs: 0,
  epochs: 1,
})
const settings = ['image-teacher', 'video-teacher', 'distill'].flatMap((stage) =>
  small.flatMap(([key, value]) => ['--set', `${stage}.${key}=${value}`]),
)
const probe = (id: string, ...words: string[]) =>
  command('checkpoint', 'probe', id, '--dataset', 'falls', ...words, ...workspace)

/** The printed error of a refused probe. */
async function refuse(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await command('checkpoint', 'probe', ...words, ...workspace)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr
}

async function measure(run: string): Promise<ProbeRecord> {
  const { code, stdout, stderr } = await probe(run, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return probeRecord.parse(JSON.parse(stdout))
}

beforeAll(async () => {
  const videos = copyTwoClasses(join(root, 'videos'), 6)
  const verbs = [
    ['dataset', 'import', videos, '--name', 'falls'],
    [
      'pipeline',
      'run',
      '--dataset',
      'falls',
      '--preset',
      'tiny',
      '--name',
      'chain',
      '--stages',
      'image-teacher,video-teacher,distill',
      ...settings,
    ],
  ]
  for (const words of verbs) {
    const { code, stderr } = await command(...words, ...workspace)
    if (code !== 0) throw new Error(stderr)
  }
}, 120_000)

describe('checkpoint probe', () => {
  test.each([
    { run: 'chain.image-teacher', layout: 'mae' },
    { run: 'chain.video-teacher', layout: 'videomae' },
    { run: 'chain.distill', layout: 'mvd-student' },
  ])('measures the newest checkpoint of $run and keeps the record', async ({ run, layout }) => {
    const record = await measure(run)
    expect(record).toMatchObject({
      model: expect.stringMatching(new RegExp(`^${run}@\\d+$`)),
      description: { layout },
      classes: 2,
      videos: { train: 8, validation: 2, test: 2 },
      leftOut: [],
      chance: { top1: 0.5, top5: null },
    })
    expect(record.engine).toContain('ONNX Runtime')
    for (const accuracy of [record.knn, record.linear, record.attentive]) {
      expect([0, 0.5, 1]).toContain(accuracy!.top1)
      expect(accuracy!.top5).toBeNull()
    }
    // Of twenty neighbours there are only eight.
    expect(record.knn).toMatchObject({ neighbours: 8, temperature: 0.07 })
    expect(record.linear!.isChosenOnValidation).toBe(true)
    expect(record.attentive).toMatchObject({ isChosenOnValidation: true, iterations: 400, batchSize: 8 })
    expect(record.trainingVideosByClass).toEqual([4, 4])

    expect(record.frameSimilarity).toHaveLength(8)
    record.frameSimilarity.forEach((row, i) => {
      expect(row).toHaveLength(8)
      expect(row[i]).toBeCloseTo(1, 9)
      row.forEach((value, j) => expect(value).toBeCloseTo(record.frameSimilarity[j]![i]!, 9))
    })
    expect(record.frameSimilarity[0]![7]).toBeLessThan(1 - 1e-6)

    const file = join(root, 'workspace', 'probes', `${record.id}.json`)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(record)
  })

  test('gives the same numbers every time', async () => {
    const listed = await command('checkpoint', 'probes', '--json', ...workspace)
    const [first] = probeRecord.array().parse(JSON.parse(listed.stdout))
    const { id: _id, createdAt: _createdAt, durationMs: _durationMs, ...numbers } = first!
    expect(await measure(first!.model)).toMatchObject(numbers)
  })

  test('probes with one method and the given number of neighbours, and lists the result', async () => {
    const { code, stdout } = await probe('chain.distill', '--method', 'knn', '--k', '3')
    expect(code).toBe(0)
    expect(stdout).toMatch(/│ chain\.distill@\d+ │ falls +│ class +│ +4 │ 3 │ +\d+\.\d % │ +– │ +– │ +50\.0 % │ +2 │/)
    expect(stdout).toContain(
      '8 training (4 of each class), 0 validation and 2 test videos, one centre view of 16 frames at 64 px each',
    )

    const listed = await command('checkpoint', 'probes', '--json', ...workspace)
    const records = probeRecord.array().parse(JSON.parse(listed.stdout))
    expect(records[0]).toMatchObject({ knn: { neighbours: 3 }, linear: null, attentive: null })
    const model = records[0]!.model
    const own = await command('checkpoint', 'probes', model, '--json', ...workspace)
    expect(JSON.parse(own.stdout)).toEqual(records.filter((record) => record.model === model))
    expect(JSON.parse((await command('reindex', '--json', ...workspace)).stdout)).toMatchObject({
      probes: records.length,
      problems: [],
    })
  })

  test('is stopped by Ctrl-C, and keeps nothing then', async () => {
    const before = readdirSync(join(root, 'workspace', 'probes'))
    const child = startCommand('checkpoint', 'probe', 'chain.distill', '--dataset', 'falls', ...workspace)
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').once('data', () => child.kill('SIGINT'))
    expect(await once(child, 'close')).toEqual([130, null])
    expect(stdout).toBe('')
    expect(readdirSync(join(root, 'workspace', 'probes'))).toEqual(before)
  })

  test('is refused with a sentence', async () => {
    const falls = ['--dataset', 'falls']
    expect([
      await refuse('chain.distill@77', ...falls),
      await refuse('chain.distill'),
      await refuse('chain.distill', ...falls, '--method', 'knn,cosine'),
      await refuse('chain.distill', ...falls, '--k', '0'),
    ]).toMatchInlineSnapshot(`
      [
        "There is no checkpoint chain.distill@77.
      Ids look like <run id>@<step>; \`checkpoint list\` shows them.
      ",
        "Required option '--dataset <name>' not specified.
      Add --help to see what the verb takes.
      ",
        "Option '--method <list>' argument 'knn,cosine' is invalid. cosine is no method. Name one or more of knn,linear,attentive, or all.
      Add --help to see what the verb takes.
      ",
        "Option '--k <number>' argument '0' is invalid. k is a whole number from 1 to 10000.
      Add --help to see what the verb takes.
      ",
      ]
    `)
  })
})
