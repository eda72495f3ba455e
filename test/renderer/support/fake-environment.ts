import type { RunEnvironment } from '#contract/domain/environment.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'

/** What a run recorded of where it computed. Runs of `shapes-scratch` are of an earlier version, which recorded nothing. */
export function fakeEnvironment(run: Run, pipeline: Pipeline): RunEnvironment {
  if (run.startedAt === null || pipeline.id === 'shapes-scratch')
    return { id: run.id, code: null, dataset: { digest: pipeline.datasetDigest, contents: null }, attempts: [] }
  const isOther = run.dataset !== 'shapes'
  return {
    id: run.id,
    code: {
      studioVersion: '0.1.0',
      commit: isOther ? '1e0b2ea76b3c3d2a' : '6ec58d55a2b44f10',
      isModified: isOther,
      problem: null,
    },
    dataset: {
      digest: pipeline.datasetDigest,
      contents: {
        videos: isOther ? 80 : 240,
        train: isOther ? 60 : 160,
        validation: isOther ? 10 : 40,
        test: isOther ? 10 : 40,
        unassigned: 0,
        classes: isOther ? ['fall', 'lying'] : ['circle', 'square'],
      },
    },
    attempts: [
      {
        attempt: 1,
        fromStep: 0,
        startedAt: run.startedAt,
        engine: run.engine ?? 'ONNX Runtime 1.24.1, CPU, 8 threads',
        environment: {
          studioVersion: '0.1.0',
          node: '24.11.0',
          platform: 'linux 6.8.0 x64',
          machine: isOther ? 'lab-2' : 'lab-1',
          processor: 'AMD EPYC 9354',
          threads: 8,
          memoryBytes: 64 * 2 ** 30,
          cards: isOther ? ['NVIDIA H200, 140 GiB, driver 580.95.05'] : [],
          cardsProblem: null,
        },
      },
    ],
  }
}
