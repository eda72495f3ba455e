import { benchStepRequest } from '#contract/domain/bench.ts'
import { type EngineName, engineName, precision } from '#contract/domain/engine.ts'
import { compareEngines } from '#training/bench/agreement.ts'
import { compareResumed } from '#training/bench/resume.ts'
import { createEngine } from '#training/selection/create-engine.ts'

/** Checks that compute in a process of the script itself, so that a crash ends only them. */
export const innerChecks = ['resume', 'agreement'] as const
export type InnerCheck = (typeof innerChecks)[number]

/** Small enough for a few seconds on a card, large enough for every kind of operator. */
const small = { width: 192, depth: 4, heads: 3, imageSize: 112, frames: 8, batch: 2 }
const tiny = { width: 32, depth: 2, heads: 2, imageSize: 32, frames: 4, batch: 2 }

/** Runs a check and returns its lines. `isRehearsal` makes it tiny. */
export async function runInner(
  check: InnerCheck,
  engine: string,
  chosen: string,
  isRehearsal: boolean,
): Promise<string[]> {
  const name = engineName.parse(engine)
  const size = isRehearsal ? tiny : small
  return check === 'resume' ? resume(name, chosen, size) : agreement(name, size)
}

async function resume(name: EngineName, chosen: string, size: typeof small): Promise<string[]> {
  const engine = await createEngine(name, { precision: precision.parse(chosen), mayImitate: true })
  try {
    const lines: string[] = []
    for (const stage of ['distill', 'finetune'] as const) {
      const request = benchStepRequest.parse({ stage, ...size, mask: 0.75, steps: 6 })
      const different = await compareResumed(request, engine)
      lines.push(
        different.length === 0
          ? `${stage}, ${chosen}: the same bits after a resume`
          : `${stage}, ${chosen}: DIFFERENT after a resume: ${different.length} tensors, ${different.slice(0, 3).join(', ')}`,
      )
    }
    return lines
  } finally {
    await engine.dispose()
  }
}

async function agreement(name: EngineName, size: typeof small): Promise<string[]> {
  const full = await createEngine(name)
  const lines: string[] = []
  try {
    for (const half of precision.options.filter((each) => each !== 'float32')) {
      const engine = await createEngine(name, { precision: half, mayImitate: true })
      try {
        for (const stage of ['distill', 'finetune'] as const) {
          const request = benchStepRequest.parse({ stage, ...size, mask: 0.75, steps: 6 })
          const { lossDifference, cosine, gradientDifference, skippedSteps } = await compareEngines(
            request,
            full,
            engine,
          )
          lines.push(
            `${stage}, ${half} against float32: loss ${lossDifference.toExponential(1)}, gradient cosine ${cosine.toFixed(7)}, difference ${gradientDifference.toExponential(1)}, skipped ${skippedSteps}`,
          )
        }
      } finally {
        await engine.dispose()
      }
    }
    return lines
  } finally {
    await full.dispose()
  }
}
