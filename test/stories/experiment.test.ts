import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient, type RouterClient } from '@orpc/server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { experimentPipelines } from '#contract/experiment/plan.ts'
import { requestProblems } from '#contract/experiment/problems.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { meanOf, pairedTest } from '#contract/statistics.ts'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { command, startCommand } from '../main/shells/cli/command-line.ts'
import { untilFile } from '../main/support.ts'
import { copyTwoClasses } from '../support/videos/index.ts'

// A teacher ablation at toy length, with real videos and real training processes: killed in the middle, it completes by itself.
let folder: string
let studio: Studio | undefined
const workspace = () => join(folder, 'workspace')
const client = (): RouterClient<Studio['router']> => {
  if (studio === undefined) throw new Error('The studio is closed.')
  return createRouterClient(studio.router)
}

const small = { width: 48, depth: 1, heads: 3, epochs: 2, warmupEpochs: 0, batchSize: 2 }
const decoder = { decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 }
const settings = [
  ...Object.entries({ frames: 4, imageSize: 32, patchSize: 8 }).map(([key, value]) => `clip.${key}=${value}`),
  'image-teacher.imageSize=32',
  'image-teacher.patchSize=8',
  'general.workers=1',
  ...['image-teacher', 'video-teacher', 'distill'].flatMap((stage) =>
    Object.entries({ ...small, ...decoder }).map(([key, value]) => `${stage}.${key}=${value}`),
  ),
  ...Object.entries({ ...small, epochs: 4 }).map(([key, value]) => `finetune.${key}=${value}`),
  // Long enough to be killed in the middle.
  'video-teacher.epochs=40',
  'evaluate.temporalViews=1',
  'evaluate.spatialViews=1',
].flatMap((setting) => ['--set', setting])

const words =
  'experiment teachers --name toy --dataset falls --labels all,few --preset tiny --starts video-student,scratch --seeds 2 --rates 0.001,0.01'
    .split(' ')
    .concat(settings)

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mvd-experiment-')))
  const videos = copyTwoClasses(join(folder, 'videos'), 8)
  const rows = ['fall', 'roll'].flatMap((name) =>
    readdirSync(join(videos, name)).map((file, index) => {
      const split = index < 4 ? 'train' : index < 6 ? 'validation' : 'test'
      return `${name}/${file},${split},${name},${split === 'train' && index >= 2 ? '' : name}`
    }),
  )
  writeFileSync(join(videos, 'labels.csv'), `path,split,all,few\n${rows.join('\n')}\n`)
  const made = await command('dataset', 'import', videos, '--name', 'falls', '--workspace', workspace())
  if (made.code !== 0) throw new Error(made.stderr)
}, 120_000)

afterAll(async () => {
  await studio?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('an experiment that is killed with its trainer completes when the studio opens again, and trains nothing twice', async () => {
  const killed = startCommand(...words, '--workspace', workspace())
  const exited = once(killed, 'exit')
  const runs = join(workspace(), 'runs', 'toy-teachers-s0.video-teacher')
  // Its first output comes when the first phase is queued.
  for await (const _ of killed.stderr ?? []) if (existsSync(runs)) break
  await untilFile(join(runs, 'heartbeat.json'))
  // The attempt counts from here on.
  const events = join(runs, 'events.jsonl')
  await vi.waitFor(() => expect(readFileSync(events, 'utf8')).toContain('"type":"started"'), {
    timeout: 60_000,
    interval: 5,
  })
  // It must not finish before both are killed.
  const { pid } = JSON.parse(readFileSync(join(runs, 'heartbeat.json'), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGSTOP')
  killed.kill('SIGKILL')
  process.kill(pid, 'SIGKILL')
  // Its lock on the workspace ends with it.
  await exited

  studio = await openStudio({ ...findInstallation(), workspace: workspace(), shell: 'browser' })
  for await (const event of await client().experiments.watch({})) {
    const found =
      event.type === 'snapshot' ? event.experiments[0] : event.type === 'changed' ? event.experiment : undefined
    if (found !== undefined && found.status !== 'running') break
  }
  const detail = await client().experiments.get({ id: 'toy' })
  expect(detail.experiment.problems).toEqual([])
  expect(detail.experiment.status).toBe('finished')

  const all = await client().runs.list({})
  const planned = experimentPipelines(detail.experiment.request)
  expect(all.map(({ id }) => id).toSorted()).toEqual(
    planned.flatMap(({ name, stages }) => stages.map((stage) => `${name}.${stage}`)).toSorted(),
  )
  expect(all.every(({ status }) => status === 'finished')).toBe(true)
  expect(all.filter(({ attempt }) => attempt > 1).map(({ id }) => id)).toEqual(['toy-teachers-s0.video-teacher'])
  expect(requestProblems(detail.experiment.request, (await client().datasets.get({ name: 'falls' })).balance)).toEqual(
    [],
  )
}, 600_000)

test('the outcome is that of the database, and the report has its figures', async () => {
  const detail = await client().experiments.get({ id: 'toy' })
  const tests = new Map(
    (await client().runs.list({})).flatMap(({ id, result }) => (result === null ? [] : [[id, result.top1]])),
  )
  for (const { labels, starts, differences, labelsPerClass } of detail.result.labelSets) {
    expect(labelsPerClass?.mean).toBe(labels === 'few' ? 2 : 4)
    const values = starts.map(({ start }) =>
      [0, 1].map((seed) => tests.get(`toy-${labels}-${start}-s${seed}-f${seed}.evaluate`) ?? Number.NaN),
    )
    for (const [index, { top1, grid, tuning }] of starts.entries()) {
      expect(top1.mean).toBe(meanOf(values[index] ?? []))
      expect(grid).toHaveLength(2)
      expect(grid.find(({ isChosen }) => isChosen)?.learningRate).toBe(tuning?.learningRate)
      const best = Math.max(...grid.map((point) => point.top1 ?? 0))
      expect(grid.find(({ isChosen }) => isChosen)?.top1).toBe(best)
    }
    const [student = [], scratch = []] = values
    expect(differences[0]?.difference).toBe(pairedTest(scratch, student)?.difference)
    expect(differences[0]?.interval).toBe(pairedTest(scratch, student)?.interval)
  }
  expect(detail.result.curves[0]?.labelSets).toEqual(['few', 'all'])
  expect(detail.result.similarities.map(({ start }) => start)).toEqual(['video-student'])
  const to = join(folder, 'toy.html')
  await client().experiments.report({ id: 'toy', format: 'html', to })
  const html = readFileSync(to, 'utf8')
  for (const text of figuresOf(detail)) expect(html).toContain(text)
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  expect(
    (await client().experiments.report({ id: 'toy', format: 'markdown', to: join(folder, 'toy.md') })).figures,
  ).toHaveLength(2)
}, 60_000)

const figuresOf = ({ result }: ExperimentDetail): string[] =>
  result.labelSets.flatMap(({ starts }) => starts.map(({ top1 }) => (100 * (top1.mean ?? 0)).toFixed(1)))

test('stopped, nothing is launched; resumed, it continues; and a taken name is refused', async () => {
  const { experiment } = await client().experiments.get({ id: 'toy' })
  await expect(client().experiments.launch(experiment.request)).rejects.toThrow(
    'There is already an experiment called toy.',
  )
  await expect(client().experiments.resume({ id: 'toy' })).rejects.toThrow('has finished')
  const request = { ...experiment.request, name: 'other', pretrainingSeeds: 1, labels: ['few'], probes: false }
  const launched = await client().experiments.launch(request)
  expect(launched.status).toBe('running')
  const stopped = await client().experiments.stop({ id: 'other' })
  expect(stopped.stoppedAt).not.toBeNull()
  for await (const event of await client().experiments.watch({}))
    if (event.type === 'changed' || event.type === 'snapshot') {
      const found = (event.type === 'snapshot' ? event.experiments : [event.experiment]).find(
        ({ id }) => id === 'other',
      )
      if (found?.status === 'stopped') break
    }
  await studio?.close()
  studio = await openStudio({ ...findInstallation(), workspace: workspace(), shell: 'browser' })
  expect((await client().experiments.list({})).map(({ status }) => status)).toEqual(['finished', 'stopped'])
  const resumed = await client().experiments.resume({ id: 'other' })
  expect(resumed).toMatchObject({ status: 'running', stoppedAt: null })
  await client().experiments.stop({ id: 'other' })
}, 120_000)
