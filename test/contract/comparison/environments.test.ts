import { expect, test } from 'vitest'
import { compareEnvironments, onlyDifferentEnvironments, type PlacedRun } from '#contract/comparison/environments.ts'
import type { AttemptEnvironment, RunEnvironment } from '#contract/domain/environment.ts'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'

const machine: AttemptEnvironment = {
  studioVersion: '0.1.0',
  node: '24.1.0',
  platform: 'linux 6.8.0 x64',
  machine: 'lab-1',
  processor: 'EPYC',
  threads: 8,
  memoryBytes: 2 ** 36,
  cards: [],
  cardsProblem: null,
}
const attempt = (
  number: number,
  fromStep: number,
  environment: AttemptEnvironment | null,
  engine = 'ONNX Runtime 1, CPU',
) => ({
  attempt: number,
  fromStep,
  startedAt: '2026-01-01T00:00:00.000Z',
  engine,
  environment,
})
const run: PlacedRun['run'] = { dataset: 'shapes', labels: 'folders', engine: 'ONNX Runtime 1, CPU' }
const contents = { videos: 9, train: 5, validation: 2, test: 2, unassigned: 0, classes: ['a', 'b'] }
const placed = (change: Partial<RunEnvironment> = {}): PlacedRun => ({
  run,
  environment: {
    id: 'r',
    code: { studioVersion: '0.1.0', commit: '0123456789abcdef', isModified: false, problem: null },
    dataset: { digest: 'aaaa', contents },
    attempts: [attempt(1, 0, machine)],
    ...change,
  },
})
const valuesOf = (label: string, title: string, ...runs: PlacedRun[]) =>
  compareEnvironments(runs)
    .find((section) => section.title === title)!
    .rows.find((row) => row.label === label)!.values
const differences = (...runs: PlacedRun[]) =>
  onlyDifferentEnvironments(compareEnvironments(runs)).flatMap(({ rows }) =>
    rows.map(({ label, values }) => [label, ...values]),
  )

test('equal environments have no differences', () => expect(differences(placed(), placed())).toEqual([]))

test('how splits were drawn is a sentence', () => {
  const drawing = { ...defaultDrawing, seed: 3, groupBy: { by: 'folder' as const } }
  const drawn = placed({ dataset: { digest: 'aaaa', contents: { ...contents, drawing } } })
  expect(valuesOf('Drawn splits', 'Dataset', placed(), drawn)).toEqual([
    null,
    'Splits were drawn of each class with seed 3: 70 % training, 10 % validation, 20 % test; videos of a folder stay together.',
  ])
})

test('what is not recorded is no difference, and no value', () => {
  const old = placed({ code: null, attempts: [], dataset: { digest: 'aaaa', contents: null } })
  expect(differences(placed(), old)).toEqual([])
  expect(valuesOf('Machine', 'Computed with', placed(), old)).toEqual(['lab-1', null])
  expect(valuesOf('Engine', 'Computed with', old)).toEqual(['ONNX Runtime 1, CPU'])
})

test('differences of data, code and machine are found', () =>
  expect(
    differences(
      placed(),
      placed({
        code: { studioVersion: '0.1.0', commit: '0123456789abcdef', isModified: true, problem: null },
        dataset: { digest: 'bbbb', contents: { ...contents, test: 3, classes: ['b', 'c'] } },
        attempts: [attempt(1, 0, { ...machine, cards: ['NVIDIA H200, driver 1'] })],
      }),
    ),
  ).toEqual([
    ['Version', 'aaaa', 'bbbb'],
    ['Test samples', '2', '3'],
    ['Classes', '2 classes', '2 classes, with c, without a'],
    ['Commit', '0123456789', '0123456789 with changes'],
    ['Graphics cards', 'none', 'NVIDIA H200, driver 1'],
  ]))

test('a run that moved to another machine shows both, with the step', () => {
  const moved = placed({
    attempts: [attempt(1, 0, null), attempt(2, 300, machine), attempt(3, 400, { ...machine, machine: 'lab-2' })],
  })
  expect(valuesOf('Machine', 'Computed with', moved)).toEqual([
    'not recorded, lab-1 from step 300, lab-2 from step 400',
  ])
})
