import { expect, test } from 'vitest'
import type { EngineName, EngineTrial } from '#contract/domain/engine.ts'
import { warningsOf, describeChoice, fastest, verdictsOf } from '#training/selection/choose.ts'

const passed = { passed: true, worstDifference: 1e-6, sentence: 'Two steps agree.' }
const timed = (name: EngineName, secondsPerStep: number | null): EngineTrial => ({
  name,
  isPresent: true,
  reason: 'Here.',
  device: 'CPU',
  install: '',
  selfTest: passed,
  secondsPerStep,
})
const wrong = (name: EngineName): EngineTrial => ({
  ...timed(name, null),
  selfTest: { passed: false, worstDifference: 0.3, sentence: 'Two steps differ.' },
})
const missing = (name: EngineName): EngineTrial => ({
  name,
  isPresent: false,
  reason: `There is no ${name}.`,
  device: '',
  install: '',
  selfTest: null,
  secondsPerStep: null,
})

test.each<[string, EngineTrial[], EngineName | undefined]>([
  ['the fastest', [timed('onnx-webgpu', 0.01), timed('onnx-cpu', 0.15)], 'onnx-webgpu'],
  ['a processor before a software renderer', [timed('onnx-webgpu', 1.4), timed('onnx-cpu', 0.15)], 'onnx-cpu'],
  [
    'a processor before a graphics card that could not be timed',
    [timed('onnx-webgpu', null), timed('onnx-cpu', 0.15)],
    'onnx-cpu',
  ],
  ['none that gives wrong numbers', [wrong('onnx-cuda'), timed('onnx-cpu', 0.15)], 'onnx-cpu'],
  [
    'no fallback before an engine with a native library, even if it was measured faster on a busy machine',
    [timed('onnx-cpu', 1.1), timed('onnx-wasm', 1)],
    'onnx-cpu',
  ],
  ['a fallback if nothing else works', [missing('onnx-cpu'), timed('onnx-wasm', 1), timed('wasm', null)], 'onnx-wasm'],
  [
    'a fallback that can be timed before an engine that cannot',
    [timed('onnx-webgpu', null), missing('onnx-cpu'), timed('onnx-wasm', 1)],
    'onnx-wasm',
  ],
  ['the first of those that could not be timed', [timed('cpu', null), timed('wasm', null)], 'wasm'],
  [
    'no graphics card that was not tried',
    [{ ...timed('onnx-webgpu', null), device: 'CPU', selfTest: null }, timed('onnx-cpu', 1)],
    'onnx-cpu',
  ],
  ['nothing if nothing works', [missing('onnx-cpu'), wrong('wasm')], undefined],
])('auto chooses %s', (_, trials, expected) => {
  expect(fastest(trials)?.name).toBe(expected)
  expect(
    verdictsOf(trials, '')
      .filter(({ isChosen }) => isChosen)
      .map(({ name }) => name),
  ).toEqual(expected === undefined ? [] : [expected])
})

const software: EngineTrial = { ...timed('onnx-webgpu', null), device: 'CPU, SwiftShader', selfTest: null }
const machine = [
  missing('onnx-cuda'),
  wrong('onnx-webgpu'),
  timed('onnx-cpu', 0.1524),
  timed('onnx-wasm', 1.234),
  timed('wasm', null),
]

test('the choice and its reasons are one line', () => {
  expect([
    describeChoice(machine),
    describeChoice([timed('onnx-cpu', 0.1524)]),
    describeChoice([timed('onnx-cpu', 0.1), timed('onnx-wasm', 0.1)]),
    describeChoice([]),
  ]).toMatchInlineSnapshot(`
    [
      "auto chose onnx-cpu: 152 ms per step, 8.1 times as fast as onnx-wasm; onnx-cuda: There is no onnx-cuda; onnx-webgpu: Two steps differ; wasm: more than 3 s per step.",
      "auto chose onnx-cpu: 152 ms per step.",
      "auto chose onnx-cpu: 100 ms per step, about as fast as onnx-wasm.",
      "No engine works on this machine.",
    ]
  `)
})

test('every engine gets a verdict', () => {
  expect(verdictsOf(machine, '2026-11-02').map(({ name, verdict, triedAt }) => `${name}: ${verdict} ${triedAt}`))
    .toMatchInlineSnapshot(`
    [
      "onnx-cuda: Not present. 2026-11-02",
      "onnx-webgpu: Not chosen: it fails its self-test. 2026-11-02",
      "onnx-cpu: Chosen by auto: 152 ms per step, 8.1 times as fast as onnx-wasm. 2026-11-02",
      "onnx-wasm: Not chosen: 1.2 s per step; onnx-cpu takes 152 ms. 2026-11-02",
      "wasm: Not chosen: more than 3 s per step. 2026-11-02",
    ]
  `)
})

test('a software renderer is named, without a warning', () => {
  const trials = [software, timed('onnx-cpu', 0.1)]
  expect([describeChoice(trials), verdictsOf(trials, '')[0]?.verdict, ...warningsOf(trials)]).toEqual([
    'auto chose onnx-cpu: 100 ms per step; onnx-webgpu: its graphics card is a software renderer.',
    'Not chosen: its graphics card is a software renderer.',
  ])
})

test('warnings are about engines that should have worked, not about those that were never installed', () => {
  expect([
    warningsOf(machine),
    warningsOf([missing('onnx-cuda'), missing('onnx-cpu'), timed('onnx-wasm', 1)]),
    warningsOf([timed('onnx-cpu', 1), missing('wasm'), wrong('cpu')]),
  ]).toMatchInlineSnapshot(`
    [
      [
        "The engine 'onnx-webgpu' was skipped: Two steps differ.",
      ],
      [
        "The engine 'onnx-cpu' is not present: There is no onnx-cpu. Using the slower engine 'onnx-wasm' instead.",
      ],
      [],
    ]
  `)
})
