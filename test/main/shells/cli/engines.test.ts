import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { engineNames, engineVerdict } from '#contract/domain/engine.ts'
import { cardsText, enginesText } from '#main/shells/cli/engines.ts'
import { fakeEngines } from '../../../renderer/support/fake-engines.ts'
import { cardOf } from '../../../support/nvidia-smi.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
beforeAll(() => {
  process.env['XDG_CACHE_HOME'] = join(root, 'cache')
})

test('the text names the installed engines, the choice of auto, and a remedy for the others', () => {
  expect(enginesText(fakeEngines())).toMatchInlineSnapshot(`
    "┌─────────────┬─────────┬─────────────┬───────────┬──────────┐
    │ Engine      │ Present │ Device      │ Self-test │     Step │
    │ onnx-cuda   │ no      │             │           │          │
    │ tensorflow  │ no      │             │           │          │
    │ onnx-webgpu │ yes     │ GPU, Vulkan │ failed    │          │
    │ onnx-cpu *  │ yes     │ CPU         │ passed    │   152 ms │
    │ onnx-wasm   │ yes     │ CPU         │ passed    │    1.1 s │
    │ wasm        │ yes     │ CPU         │ passed    │ too slow │
    │ cpu         │ yes     │ CPU         │ passed    │ too slow │
    └─────────────┴─────────┴─────────────┴───────────┴──────────┘
    * Chosen by auto: 152 ms per step, 7.2 times as fast as onnx-wasm. Two steps agree with plain JavaScript: largest difference 5.9e-6 (encoder.blocks.0.norm2.weight after training).

    onnx-cuda   The CUDA libraries of ONNX Runtime are not installed.
                npm run -s studio -- engine install cuda
    tensorflow  The native library of @tensorflow/tfjs-node-gpu is missing or cannot be loaded.
                npm run -s studio -- engine install tensorflow
    onnx-webgpu Two steps differ from plain JavaScript: encoder.blocks.0.norm2.weight after training by 2.1e-1, more than 0.01.

    Tried on 2026-11-02 at 08:30 UTC. A step is one of a small transformer. --again tries them again."
  `)
})

test('if no engine works, the text says so', () => {
  const engines = fakeEngines().filter(({ isPresent }) => !isPresent)
  expect(enginesText(engines)).toContain('auto finds no engine that works on this machine.')
})

test('--json gives one document; results are remembered until --again', async () => {
  const first = await command('engine', 'list', '--json')
  expect([first.code, first.stderr]).toEqual([0, ''])
  const engines = z.array(z.strictObject(engineVerdict.shape)).parse(JSON.parse(first.stdout))
  expect(engines.map(({ name }) => name)).toEqual([...engineNames])
  expect(engines.filter(({ isChosen }) => isChosen)).toMatchObject([
    {
      isPresent: true,
      selfTest: { passed: true },
      secondsPerStep: expect.any(Number),
      verdict: expect.stringMatching(/^Chosen by auto: /),
    },
  ])
  for (const { isPresent, device, selfTest } of engines)
    expect([device === '', selfTest === null]).toEqual([!isPresent, !isPresent])

  const second = await command('engine', 'list', '--json')
  expect(second.stdout).toBe(first.stdout)
})

test.concurrent.each([
  [
    'an engine without an installer',
    ['wasm'],
    /^Command-argument value 'wasm' is invalid for argument 'name'\. Allowed choices are cuda, tensorflow\./,
  ],
  [
    'a folder for cuda',
    ['cuda', '--from', root],
    /^--from is for tensorflow only; cuda is always downloaded\.\nOmit --from\.\n$/,
  ],
])('engine install refuses %s', async (_, words, sentence) => {
  const { code, stdout, stderr } = await command('engine', 'install', ...words)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(sentence)
})

test('cards are listed with the memory in use and the processes that hold it', () => {
  const gib = 2 ** 30
  const cards = [
    cardOf(0, { usedMemoryBytes: 12 * gib, processes: [{ pid: 2 ** 22 - 1, memoryBytes: 11 * gib }] }),
    cardOf(1, { usedMemoryBytes: null }),
  ]
  expect(cardsText(cards, null).join('\n')).toMatchInlineSnapshot(`
    "
    ┌──────┬─────────────┬─────────────────────┬────────────────────────────┐
    │ Card │ Name        │ Memory in use       │ Processes                  │
    │ 0    │ NVIDIA H200 │ 12.0 GiB of 140 GiB │ process 4194303 (11.0 GiB) │
    │ 1    │ NVIDIA H200 │ unknown of 140 GiB  │                            │
    └──────┴─────────────┴─────────────────────┴────────────────────────────┘"
  `)
  expect(cardsText([], null)).toEqual([])
  expect(cardsText([], 'nvidia-smi could not list the graphics cards: no.')).toEqual([
    '',
    'nvidia-smi could not list the graphics cards: no.',
  ])
})
