import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { searchBy } from '#contract/query/evaluate.ts'
import { valueOf } from '#contract/query/run-keys.ts'
import { runFields, searchKeys } from '#contract/query/run-search.ts'
import { reindex } from '#main/app/reindex.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { folderOf, importFolder, openTestStudio, requestFor, temporaryFolder, videosOf } from '../support.ts'

/** A workspace with two queued pipelines that differ in seed and mask ratio, with names, tags and metrics. */
async function twoPipelines() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  for (const [name, seed] of [
    ['first', 1],
    ['second', 2],
  ] as const) {
    const change = requestFor('shapes', ({ general, distill }) => {
      general.seed = seed
      distill.maskRatio = seed === 1 ? 0.9 : 0.75
    })
    await studio.client.pipelines.launch({
      ...change,
      name,
      labels: 'class',
      ...(seed === 1
        ? { group: 'masks', overrides: { 'distill.learningRate': 1e-5, 'distill.loss': 'l1', 'general.seed': 1 } }
        : { fromRun: 'first.distill', overrides: { 'general.seed': 2, 'finetune.flip': true } }),
    })
  }
  await studio.client.organization.change({
    items: [
      { kind: 'run', id: 'first.distill', set: { name: 'Großer Versuch', tags: ['ablation', 'x'], isStarred: true } },
      { kind: 'pipeline', id: 'second', set: { note: 'with fewer\nmasked tokens', tags: ['ablation'], colour: 'red' } },
    ],
  })
  await studio.close()
  const file = join(workspace, 'studio.sqlite')
  const database = openDatabase(file)
  const metrics = new MetricQueries(database)
  const keyOf = (id: string) => database.prepare<[string], number>('SELECT key FROM run WHERE id = ?').pluck().get(id)!
  const put = (id: string, name: string, values: readonly number[]) =>
    metrics.append(keyOf(id), name, { steps: values.map((_, index) => index * 10), values: [...values] })
  put('first.finetune', 'validation/top1', [10, 70, 60])
  put('first.finetune', 'train/loss', [3, 2, 1])
  put('first.finetune', "odd 'name'/x", [5])
  metrics.markBestValidation(keyOf('first.finetune'))
  put('second.finetune', 'train/loss', [3, Number.NaN])
  put('second.evaluate', 'test/top1', [64])
  database
    .prepare("UPDATE run SET status = 'failed', computed_ms = 7200000, engine = 'onnx-cpu' WHERE id = 'second.distill'")
    .run()
  database.close()
  return workspace
}

const queries = [
  '',
  'distill',
  'großer',
  'tokens',
  'stage:test',
  'stage in (distillation, evaluate)',
  'status:failed',
  'state:failed',
  'state = held',
  'state:paused or state:diverged',
  'state != failed',
  'not state:diverged',
  'tag:ablation',
  'tag = x',
  'not tag:ablation',
  'has:tag',
  'has:name',
  'note:"fewer"',
  'colour = red',
  'is:star or is:archived',
  'star = off',
  'distill.maskRatio = 0.9',
  'distill.maskRatio < 80%',
  'general.seed in (2, 3)',
  'not general.seed = 2',
  'distill.loss = smooth-l1',
  'finetune.flip = on',
  'validation.top1 > 65',
  'validation.top1.last = 60',
  'train.loss.at-best-validation = 2',
  'train.loss < 2',
  'not train.loss < 2',
  'has:train.loss',
  'train.loss.max >= 3',
  'test.top1 > 60%',
  'group = masks',
  'not has:group',
  'fromRun:first.distill',
  'variant = "distill.learningRate = 0.00001, distill.loss = l1"',
  'variant = "finetune.flip = true"',
  'has:variant',
  'is:stoppedEarly',
  'stoppedEarly = off',
  'duration >= 2h',
  'duration < 1min',
  'has:engine',
  'created <= today',
  'started > 2020',
  'checkpoints = 0',
  '"odd \'name\'.x" > 4',
  'run:*.distill and pipeline != second',
  '-(stage:teacher or stage:test) dataset:shapes',
]

test('SQL finds the runs that the window finds, also after reindex', { timeout: 120_000 }, async () => {
  const workspace = await twoPipelines()
  const studio = await openTestStudio(workspace, {}, false)
  // Opening a workspace reads these from the process records, of which the runs have none.
  const database = openDatabase(join(workspace, 'studio.sqlite'))
  database.prepare("UPDATE run SET is_held = 1 WHERE id = 'first.image-teacher'").run()
  database.prepare("UPDATE run SET status = 'stopped', asked = 'pause' WHERE id = 'first.video-teacher'").run()
  const error = { code: 'diverged', message: 'The loss became NaN.', hint: 'Lower the learning rate.' }
  database
    .prepare("UPDATE run SET status = 'failed', recorded_end = ? WHERE id = 'second.image-teacher'")
    .run(JSON.stringify({ status: 'failed', at: '2026-01-01T00:00:00.000Z', step: 3, error }))
  database.close()
  const runs = await studio.client.runs.list({})
  const pipelines = await Promise.all(
    ['first.distill', 'second.distill'].map(async (id) => (await studio.client.runs.get({ id })).pipeline),
  )
  const fields = runFields(pipelines, searchKeys(runs, pipelines))
  for (const query of queries) {
    const { found, problems } = searchBy(runs, query, fields)
    expect({ query, problems }).toEqual({ query, problems: [] })
    expect({ query, ...(await studio.client.runs.search({ query })) }).toEqual({
      query,
      ids: found.map(({ id }) => id),
      problems: [],
    })
  }
  const states = ['held', 'paused', 'diverged'].map((state) => searchBy(runs, `state:${state}`, fields).found)
  expect(states.map((found) => found.map(({ id }) => id))).toEqual([
    ['first.image-teacher'],
    ['first.video-teacher'],
    ['second.image-teacher'],
  ])
  const finetuned = runs.find(({ id }) => id === 'first.finetune')!
  expect(valueOf('train.loss.at-best-validation', finetuned, pipelines[0])).toBe(2)
  expect(await studio.client.runs.search({ query: 'maskRatio = 0.9' })).toMatchObject({
    problems: [expect.stringContaining('distill.maskRatio')],
  })
  expect((await studio.client.runs.keys({})).map(({ key }) => key)).toContain("odd 'name'.x")
  await studio.close()

  await reindex({ workspace })
  const again = await openTestStudio(workspace, {}, false)
  expect((await again.client.runs.search({ query: 'distill.maskRatio = 0.9 and stage:distillation' })).ids).toEqual([
    'first.distill',
  ])
})

test('a database from before it had hyperparameters gets them when it is opened', async () => {
  const workspace = await twoPipelines()
  const database = new Database(join(workspace, 'studio.sqlite'))
  database.exec('DELETE FROM run_parameter')
  database.close()
  const studio = await openTestStudio(workspace, {}, false)
  expect((await studio.client.runs.search({ query: 'general.seed = 2 and stage:test' })).ids).toEqual([
    'second.evaluate',
  ])
})
