import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { memoryEstimate } from '#contract/domain/memory.ts'
import { memoryText } from '#main/shells/cli/pipelines.ts'
import { copyTwoClasses } from '../../../support/videos/index.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const workspace = ['--workspace', join(root, 'workspace')]
const dryRun = (...words: string[]) =>
  command(
    'pipeline',
    'run',
    '--dry-run',
    '--dataset',
    'falls',
    '--preset',
    'tiny',
    '--stages',
    'video-teacher,distill',
    '--set',
    'distill.teachers=video',
    '--set',
    'video-teacher.batchSize=4',
    '--set',
    'distill.batchSize=4',
    ...words,
    ...workspace,
  )

/** Estimates and what is free are another on each machine and with each change of the engine. */
const withoutNumbers = (text: string): string =>
  text
    .replaceAll(/(?<![\w(])\d+(\.\d+)?(?![\w)])/g, '#')
    .replaceAll(/─+/g, '─')
    .replaceAll(/ +/g, ' ')

beforeAll(async () => {
  const { code, stderr } = await command(
    'dataset',
    'import',
    copyTwoClasses(join(root, 'videos'), 10),
    '--name',
    'falls',
    ...workspace,
  )
  if (code !== 0) throw new Error(`The import failed: ${stderr}`)
}, 60_000)

describe('a dry run', () => {
  test('prints the memory of each stage and launches nothing', async () => {
    const { code, stdout, stderr } = await dryRun()
    expect([code, stderr]).toEqual([0, ''])
    expect(withoutNumbers(stdout)).toMatchInlineSnapshot(`
      "┌─┬─┬─┬─┬─┬─┬─┐
      │ Memory in MiB │ Total │ Process │ Weights │ Activations │ Frozen models │ Batches │
      │ Video teacher │ # │ # │ # │ # │ # │ # │
      │ Distillation │ # │ # │ # │ # │ # │ # │
      └─┴─┴─┴─┴─┴─┴─┘
      Estimated for the compiled engine on the CPU; # MiB are free now.
      "
    `)
    expect(JSON.parse((await command('run', 'list', '--json', ...workspace)).stdout)).toEqual([])
  })

  test('prints it as JSON in bytes, by stage and purpose', async () => {
    const { code, stdout, stderr } = await dryRun('--json')
    expect([code, stderr]).toEqual([0, ''])
    const { stages, freeBytes, warnings } = memoryEstimate.parse(JSON.parse(stdout))
    expect([stages.map(({ stage }) => stage), warnings]).toEqual([['video-teacher', 'distill'], []])
    expect(freeBytes).toBeGreaterThan(2 ** 20)
    for (const { parts, totalBytes } of stages)
      expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes)
  })

  test('names the settings of a stage that does not fit', async () => {
    const { code, stderr } = await dryRun(
      '--stages',
      'video-teacher',
      '--set',
      'video-teacher.width=4096',
      '--set',
      'video-teacher.heads=64',
      '--set',
      'video-teacher.depth=48',
    )
    expect([code, withoutNumbers(stderr)]).toMatchInlineSnapshot(`
      [
        0,
        "Note: Video teacher needs about # GiB of memory, and # GiB are free. To use less: set video-teacher.recomputeBlocks (false) to true; or lower video-teacher.batchSize (4) and raise video-teacher.accumulationSteps (1) by the same factor, which leaves the steps unchanged; or lower clip.imageSize (64), clip.frames (16), or video-teacher.width (4096).
      ",
      ]
    `)
  })
}, 60_000)

const mebibytes = (count: number) => count * 2 ** 20

const inBytes = <K extends string>(parts: Record<K, number>) =>
  Object.fromEntries(Object.entries<number>(parts).map(([name, size]) => [name, mebibytes(size)])) as Record<K, number>

test('a dry run for a graphics card has a second table, for its memory', () => {
  const main = { process: 1214, state: 9, activations: 0, frozen: 2, batches: 5 }
  const onCard = { context: 728, state: 4000, activations: 3300, frozen: 1200 }
  const text = memoryText({
    stages: [
      {
        stage: 'distill',
        parts: inBytes(main),
        totalBytes: mebibytes(1230),
        card: { precision: 'bfloat16', parts: inBytes(onCard), totalBytes: mebibytes(9228) },
      },
    ],
    freeBytes: mebibytes(8000),
    card: { name: 'NVIDIA RTX 4090', memoryBytes: mebibytes(24_000), freeBytes: mebibytes(20_000) },
    warnings: [],
  })
  expect(text.replaceAll(/─+/g, '─').replaceAll(/ +/g, ' ')).toMatchInlineSnapshot(`
    "┌─┬─┬─┬─┬─┬─┬─┐
    │ Memory in MiB │ Total │ Process │ Weights │ Activations │ Frozen models │ Batches │
    │ Distillation │ 1230 │ 1214 │ 9 │ 0 │ 2 │ 5 │
    └─┴─┴─┴─┴─┴─┴─┘
    Estimated for main memory of onnx-cuda; 8000 MiB are free now.

    ┌─┬─┬─┬─┬─┬─┐
    │ Card memory in MiB │ Total │ CUDA │ Weights │ Activations │ Frozen models │
    │ Distillation │ 9228 │ 728 │ 4000 │ 3300 │ 1200 │
    └─┴─┴─┴─┴─┴─┘
    Estimated for onnx-cuda in bfloat16; 20000 MiB of NVIDIA RTX 4090 are free now."
  `)
})

test('steps that cannot have their memory name the options that take less', async () => {
  const words = ['--stage', 'finetune', '--batch', '64', '--workers', '1', '--engine', 'onnx-cpu', '--json']
  const ended = promisify(execFile)('prlimit', [
    '--data=1400000000',
    process.execPath,
    'src/main/shells/launch.mjs',
    'cli',
    'bench',
    'step',
    ...words,
  ])
  await expect(ended).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.any(String) })
  const { stderr } = (await ended.catch((cause: unknown) => cause)) as { stderr: string }
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: 'out-of-memory',
      hint: 'To use less memory: add --recompute; or lower --batch (64), --image-size (112), --frames (16) or --width (192).',
      // The next batch is prepared while a step is computed: either of them is the first that gets no memory.
      message: expect.stringMatching(
        /^(There is not enough memory for the stage finetune\.|Memory ran out \(signal SIGABRT\): .+)$/,
      ),
    },
  })
}, 60_000)
