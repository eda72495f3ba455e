import { expect, test } from 'vitest'
import type { RunFile } from '#contract/domain/run.ts'
import { checkpointSpace, requireSpace } from '#main/pipelines/disk.ts'

/** What is read of a run file: two workers, four million parameters. */
const run = (epochs: number, checkpointEveryEpochs: number, hasMemory = true) =>
  ({
    task: { stage: 'distill', configuration: { epochs } },
    general: { workers: 2, checkpointEveryEpochs },
    ...(hasMemory ? { memory: { parts: { state: 5 * 16e6 } } } : {}),
  }) as unknown as RunFile

test('checkpoints take three copies of the parameters each', () => {
  expect(checkpointSpace(run(10, 3))).toMatchObject({ checkpoints: 4, totalBytes: 4 * 3 * 16e6 })
  expect(checkpointSpace(run(10, 3, false))).toBeUndefined()
})

test('a launch whose checkpoints do not fit is refused with figures', () => {
  requireSpace([run(10, 1), run(10, 5)], 600e6)
  requireSpace([run(10, 1)], undefined)
  expect(() => requireSpace([run(10, 1), run(10, 5)], 500e6)).toThrow(
    /^The checkpoints of this pipeline need about 549 MiB, and the disk of the workspace has 477 MiB left: Distillation 458 MiB \(10\), Distillation 91\.6 MiB \(2\)\.$/,
  )
})
