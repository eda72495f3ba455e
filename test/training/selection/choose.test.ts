import { expect, test } from 'vitest'
import type { EngineName, EngineTrial } from '#contract/domain/engine.ts'
import { complaints, describeChoice, fastest, judge } from '#training/selection/choose.ts'

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
  [
    'a processor before a graphics card that software plays',
    [timed('onnx-webgpu', 1.4), timed('onnx-cpu', 0.15)],
    'onnx-cpu',
  ],
  [
    'a processor before a graphics card too slow to time',
    [timed('onnx-webgpu', null), timed('onnx-cpu', 0.15)],
    'onnx-cpu',
  ],
  ['none that gives wrong numbers', [wrong('onnx-cuda'), timed('onnx-cpu', 0.15)], 'onnx-cpu'],
  [
    'no fallback before what is compiled for this system, whatever a busy machine let them measure',
    [timed('onnx-cpu', 1.1), timed('onnx-wasm', 1)],
    'onnx-cpu',
  ],
  ['a fallback where nothing else is', [missing('onnx-cpu'), timed('onnx-wasm', 1), timed('wasm', null)], 'onnx-wasm'],
  [
    'a fallback that can be timed before an engine that cannot',
    [timed('onnx-webgpu', null), missing('onnx-cpu'), timed('onnx-wasm', 1)],
    'onnx-wasm',
  ],
  ['the first of those too slow to time', [timed('cpu', null), timed('wasm', null)], 'wasm'],
  [
    'no graphics card that was not worth trying',
    [{ ...timed('onnx-webgpu', null), device: 'CPU', selfTest: null }, timed('onnx-cpu', 1)],
    'onnx-cpu',
  ],
  ['nothing where nothing works', [missing('onnx-cpu'), wrong('wasm')], undefined],
])('auto takes %s', (_, trials, expected) => {
  expect(fastest(trials)?.name).toBe(expected)
  expect(
    judge(trials, '')
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

test('what it took and why stands in one line', () => {
  expect([
    describeChoice(machine),
    describeChoice([timed('onnx-cpu', 0.1524)]),
    describeChoice([timed('onnx-cpu', 0.1), timed('onnx-wasm', 0.1)]),
    describeChoice([]),
  ]).toMatchInlineSnapshot(`
    [
      "auto takes onnx-cpu: 152 ms a step, 8.1 times as fast as onnx-wasm; onnx-cuda: There is no onnx-cuda; onnx-webgpu: Two steps differ; wasm: too slow to time.",
      "auto takes onnx-cpu: 152 ms a step.",
      "auto takes onnx-cpu: 100 ms a step, about as fast as onnx-wasm.",
      "No engine works here.",
    ]
  `)
})

test('every engine is told why', () => {
  expect(judge(machine, '2026-11-02').map(({ name, verdict, triedAt }) => `${name}: ${verdict} ${triedAt}`))
    .toMatchInlineSnapshot(`
    [
      "onnx-cuda: Not present. 2026-11-02",
      "onnx-webgpu: Passed over: it does not pass its self-test. 2026-11-02",
      "onnx-cpu: Taken by auto: 152 ms a step, 8.1 times as fast as onnx-wasm. 2026-11-02",
      "onnx-wasm: Passed over: 1.2 s a step where onnx-cpu takes 152 ms. 2026-11-02",
      "wasm: Passed over: too slow to time. 2026-11-02",
    ]
  `)
})

test('a graphics card that software plays is named, and nobody is warned of it', () => {
  const trials = [software, timed('onnx-cpu', 0.1)]
  expect([describeChoice(trials), judge(trials, '')[0]?.verdict, ...complaints(trials)]).toEqual([
    'auto takes onnx-cpu: 100 ms a step; onnx-webgpu: only software plays a graphics card here.',
    'Passed over: only software plays a graphics card here.',
  ])
})

test('a person hears of what should have worked, not of what was never there', () => {
  expect([
    complaints(machine),
    complaints([missing('onnx-cuda'), missing('onnx-cpu'), timed('onnx-wasm', 1)]),
    complaints([timed('onnx-cpu', 1), missing('wasm'), wrong('cpu')]),
  ]).toMatchInlineSnapshot(`
    [
      [
        "The engine 'onnx-webgpu' is passed over: Two steps differ.",
      ],
      [
        "The engine 'onnx-cpu' is not present: There is no onnx-cpu. The slower engine 'onnx-wasm' takes its place.",
      ],
      [],
    ]
  `)
})
