import { expect, test } from 'vitest'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { costMeasurements, phaseCosts, planOf } from '#contract/experiment/cost.ts'
import { experimentPipelines, finetuningSeeds, gridOf, launchOf, probesOf } from '#contract/experiment/plan.ts'
import { pipelinesToLaunch, progressOf } from '#contract/experiment/progress.ts'
import { type Start, startNames, tuningOf } from '#contract/stages/starts.ts'
import { diverged, findIn, namesOf, requestOf, runOf } from './base.ts'

const everything = requestOf({
  starts: [...startNames],
  labels: ['motion', 'appearance'],
  pretrainingSeeds: 2,
  finetuningSeeds: 2,
  learningRates: [0.01, 0.02],
  layerDecays: [0.75, 1],
})

test('everything that is shared trains once', () => {
  const planned = experimentPipelines(everything)
  const runs = planned.flatMap(({ name, stages }) => stages.map((stage) => `${name}.${stage}`))
  expect(new Set(runs).size).toBe(runs.length)
  expect(runs.filter((id) => id.endsWith('.image-teacher'))).toEqual([
    'abl-teachers-s0.image-teacher',
    'abl-teachers-s1.image-teacher',
  ])
  // Three students for each seed.
  expect(runs.filter((id) => id.endsWith('.distill'))).toHaveLength(6)
  // A grid of four for five starts and two label sets, with the first seed only.
  expect(planned.filter(({ phase }) => phase === 'selection')).toHaveLength(40)
  const final = planned.filter(({ phase }) => phase === 'final')
  expect(final).toHaveLength(2 * 5 * 2 * 2)
  // The selection has trained the classifiers of the first seed: they are only tested.
  expect(final.filter(({ stages }) => stages.length === 1)).toHaveLength(10)
})

const chosen = { learningRate: 0.02, layerDecay: 0.75 }

test('every pipeline is valid, takes the models of the others, and follows the pipelines that it needs', () => {
  const planned = experimentPipelines(everything)
  const launched = new Set<string>()
  for (const pipeline of planned) {
    const { name, stages } = pipeline
    const request = launchOf(everything, pipeline, chosen)
    const parsed = pipelineConfiguration.safeParse(request?.configuration)
    expect(parsed.error?.issues ?? []).toEqual([])
    expect(request?.configuration.stages).toEqual(stages)
    for (const ref of Object.values(request?.configuration.inputs ?? {}).flatMap((input) => input ?? []))
      expect(launched.has(ref.slice(0, ref.lastIndexOf('.')))).toBe(true)
    launched.add(name)
  }
  const byName = new Map(planned.map((pipeline) => [pipeline.name, launchOf(everything, pipeline, chosen)]))
  expect(byName.get('abl-both-student-s1')?.configuration.inputs).toEqual({
    imageTeacher: 'abl-teachers-s1.image-teacher',
    videoTeacher: 'abl-teachers-s1.video-teacher',
  })
  expect(byName.get('abl-video-student-s0')?.configuration.inputs).toEqual({
    videoTeacher: 'abl-teachers-s0.video-teacher',
  })
  const videomae = byName.get('abl-motion-videomae-s1-f1001')
  expect(videomae?.configuration.inputs).toEqual({ videoTeacher: 'abl-teachers-s1.video-teacher' })
  expect(videomae?.configuration.finetune.initialization).toBe('video-teacher')
  expect(videomae?.configuration.general.seed).toBe(1001)
  expect(byName.get('abl-motion-scratch-s0-f0')?.configuration.inputs).toEqual({
    model: 'abl-motion-scratch-r0p02-d0p75.finetune',
  })
  expect(videomae).toMatchObject({ group: 'abl', experiment: 'abl', labels: 'motion' })
})

const stagesOf = (starts: Start[]) =>
  experimentPipelines(requestOf({ starts, pretrainingSeeds: 1 })).map(({ stages }) => stages)

test('only the teachers that a start needs are trained', () => {
  expect(stagesOf(['scratch'])).toEqual([['finetune', 'evaluate']])
  expect(stagesOf(['image-student'])[0]).toEqual(['image-teacher'])
  expect(stagesOf(['videomae'])).toEqual([['video-teacher'], ['finetune', 'evaluate']])
})

test('a chosen teacher replaces the one that would be trained', () => {
  const { configuration } = requestOf()
  const request = requestOf({
    starts: ['image-student'],
    pretrainingSeeds: 1,
    configuration: { ...configuration, inputs: { imageTeacher: 'mae-base' } },
  })
  const [first] = experimentPipelines(request)
  if (first === undefined) throw new Error('Nothing is planned.')
  expect(first).toMatchObject({ name: 'abl-image-student-s0', stages: ['distill'] })
  expect(launchOf(request, first, undefined)?.configuration.inputs).toEqual({ imageTeacher: 'mae-base' })
})

test('the grid is every combination; without lists it is the values of the configuration', () => {
  expect(gridOf(everything)).toHaveLength(4)
  expect(gridOf(requestOf())).toEqual([tuningOf(requestOf().configuration)])
  expect(finetuningSeeds(everything, 1)).toEqual([1, 1001])
})

test('without a grid everything is queued at once, and a second call launches nothing', () => {
  const launched = pipelinesToLaunch(
    requestOf(),
    () => false,
    () => undefined,
  ).map(({ name }) => name)
  expect(launched).toEqual(namesOf(requestOf()))
  expect(launched).toEqual([
    'abl-teachers-s0',
    'abl-both-student-s0',
    'abl-teachers-s1',
    'abl-both-student-s1',
    'abl-motion-both-student-s0-f0',
    'abl-motion-scratch-s0-f0',
    'abl-motion-both-student-s1-f1',
    'abl-motion-scratch-s1-f1',
  ])
  const exists = (name: string) => launched.includes(name)
  expect(pipelinesToLaunch(requestOf(), exists, () => undefined)).toEqual([])
})

const grid = requestOf({ learningRates: [0.01, 0.02], layerDecays: [1], pretrainingSeeds: 1 })
const isNotFinal = (name: string) => !name.endsWith('-f0')
const selected = (start: string, rate: string) => `abl-motion-${start}-r${rate}-d1.finetune`

test('a final pipeline is launched when the selection of its start is complete', () => {
  const before = pipelinesToLaunch(
    grid,
    () => false,
    () => undefined,
  ).map(({ name = '' }) => name)
  expect(before).toEqual(namesOf(grid).filter((name) => !name.endsWith('-f0')))
  const exists = (name: string) => before.includes(name)
  const half = findIn({
    [selected('scratch', '0p01')]: runOf({ validation: { top1: 0.4, loss: 1 } }),
    [selected('scratch', '0p02')]: runOf({ status: 'running' }),
  })
  expect(pipelinesToLaunch(grid, exists, half)).toEqual([])
  const done = findIn({
    [selected('scratch', '0p01')]: runOf({ validation: { top1: 0.4, loss: 1 } }),
    [selected('scratch', '0p02')]: runOf({ validation: { top1: 0.6, loss: 2 } }),
  })
  const [final, ...others] = pipelinesToLaunch(grid, exists, done)
  expect(others).toEqual([])
  expect(final?.name).toBe('abl-motion-scratch-s0-f0')
  expect(final?.configuration.finetune.learningRate).toBe(0.02)
})

test('a failed run stops only what depends on it', () => {
  const find = findIn({
    [selected('both-student', '0p01')]: runOf({ status: 'failed', validation: null }),
    [selected('both-student', '0p02')]: runOf(),
    [selected('scratch', '0p01')]: runOf(),
    [selected('scratch', '0p02')]: runOf(),
  })
  expect(pipelinesToLaunch(grid, isNotFinal, find).map(({ name }) => name)).toEqual(['abl-motion-scratch-s0-f0'])
})

test('probes are planned for every trained start, seed and label set', () => {
  const request = requestOf({ starts: ['both-student', 'videomae', 'scratch'], labels: ['a', 'b'], probes: true })
  expect(probesOf(request).map(({ runId }) => runId)).toEqual([
    'abl-both-student-s0.distill',
    'abl-both-student-s0.distill',
    'abl-teachers-s0.video-teacher',
    'abl-teachers-s0.video-teacher',
    'abl-both-student-s1.distill',
    'abl-both-student-s1.distill',
    'abl-teachers-s1.video-teacher',
    'abl-teachers-s1.video-teacher',
  ])
  expect(planOf(request).phases.at(-1)).toEqual({ phase: 'probes', pipelines: 0, runs: 8 })
})

test('the cost of a phase is the time of its runs', () => {
  const measurements = costMeasurements(everything)
  // Each is valid as a pipeline of its own.
  for (const { request } of measurements)
    expect(pipelineConfiguration.safeParse(request.configuration).error?.issues ?? []).toEqual([])
  const costs = measurements.flatMap(({ stages, labels, start }) =>
    stages.map((stage) => ({
      stage,
      labels,
      start,
      parameters: 1,
      steps: 1,
      secondsPerStep: 1,
      durationMs: labels === 'motion' ? 1000 : 10,
      memoryBytes: 1,
      engine: 'x',
    })),
  )
  const phases = new Map(phaseCosts(everything, costs).map((phase) => [phase.phase, phase]))
  expect(phases.get('teachers')).toEqual({ phase: 'teachers', runs: 4, durationMs: 40 })
  expect(phases.get('students')?.durationMs).toBe(60)
  expect(phases.get('selection')).toEqual({ phase: 'selection', runs: 40, durationMs: 20 * 1000 + 20 * 10 })
  expect(phases.get('final')?.runs).toBe(2 * 5 * 2 * 2 * 2 - 10)
})

const quiet = { probes: { total: 0, finished: 0, isRunning: false }, problems: [] }
const statusOf = (request: typeof grid, runs: Parameters<typeof findIn>[0], stoppedAt: string | null = null) =>
  progressOf({ request, stoppedAt, finishedAt: null }, { ...quiet, find: findIn(runs) })

test('the status says whether something will still be computed', () => {
  const ids = experimentPipelines(requestOf()).flatMap(({ name, stages }) => stages.map((stage) => `${name}.${stage}`))
  const all = (status: 'finished' | 'queued' | 'stopped') =>
    Object.fromEntries(ids.map((id) => [id, runOf({ status })]))
  const request = requestOf()
  expect(statusOf(request, {}).status).toBe('running')
  expect(statusOf(request, all('queued')).status).toBe('running')
  expect(statusOf(request, all('finished')).status).toBe('finished')
  expect(statusOf(request, all('stopped'), '2026-01-01')).toMatchObject({ status: 'stopped', problems: [] })
  expect(statusOf(request, all('stopped')).status).toBe('blocked')
  const teacher = 'abl-teachers-s0.image-teacher'
  const failed = {
    ...Object.fromEntries(
      ids.map((id) => [id, runOf({ status: 'queued', waitsFor: id === teacher ? [] : [teacher] })]),
    ),
    [teacher]: runOf({ status: 'failed', error: { code: 'out-of-memory', message: 'No memory.', hint: '' } }),
  }
  expect(statusOf(request, failed)).toMatchObject({
    status: 'blocked',
    problems: [{ kind: 'run', runId: teacher, status: 'failed', message: 'No memory.' }],
  })
  // A run that is held, and those that wait for it.
  const held = { ...failed, [teacher]: { ...runOf({ status: 'queued' }), isHeld: true } }
  const rest = Object.fromEntries(ids.map((id) => [id, id === teacher ? held[teacher] : runOf()]))
  expect(statusOf(request, held)).toMatchObject({ status: 'held', problems: [{ kind: 'held', count: 1 }] })
  expect(statusOf(request, rest)).toMatchObject({ status: 'held' })
  // Another run can still compute.
  const other = { ...failed, [ids.at(-1) ?? '']: runOf({ status: 'queued' }) }
  expect(statusOf(request, other).status).toBe('running')
})

test('a grid of which everything diverged blocks its start and is said; one diverged point counts as finished', () => {
  const some = { [selected('scratch', '0p01')]: runOf(), [selected('scratch', '0p02')]: diverged }
  const progress = statusOf(grid, some)
  expect(progress.phases.find(({ phase }) => phase === 'selection')).toMatchObject({ finished: 2, ended: 0, total: 4 })
  expect(progress.problems).toEqual([])
  const both = { [selected('scratch', '0p01')]: diverged, [selected('scratch', '0p02')]: diverged }
  expect(statusOf(grid, both).problems).toEqual([{ kind: 'all-diverged', start: 'scratch', labels: 'motion' }])
})

test('a run of the grid that finished without validation is said, because nothing can be chosen', () => {
  const runs = { [selected('scratch', '0p01')]: runOf({ validation: null }), [selected('scratch', '0p02')]: runOf() }
  expect(statusOf(grid, runs).problems).toEqual([
    {
      kind: 'not-started',
      name: 'The final phase of scratch on motion',
      message: `The run ${selected('scratch', '0p01')} of the grid has no validation.`,
    },
  ])
})

test('no probe computes or waits when all are stored, although their task has not ended yet', () => {
  const { phases } = progressOf(
    { request: requestOf(), stoppedAt: null, finishedAt: null },
    { find: () => undefined, problems: [], probes: { total: 4, finished: 4, isRunning: true } },
  )
  expect(phases.at(-1)).toEqual({ phase: 'probes', total: 4, finished: 4, running: 0, waiting: 0, ended: 0 })
})
