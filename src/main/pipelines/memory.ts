import { createHash } from 'node:crypto'
import type { TaskInput } from '#contract/api/tasks.ts'
import { memorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { Card } from '#contract/domain/card.ts'
import type { MemoryEstimate, StageMemory } from '#contract/domain/memory.ts'
import { overBudget } from '#contract/domain/target-cost.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { RunTask } from '../executors/task.ts'

/** Number of cached estimates. A form requests one with every change. */
const keptEstimates = 64

/** Memory of stages. An estimate depends only on its input, so the last ones are cached. */
export class MemoryEstimates {
  readonly #runTask: RunTask
  readonly #known = new Map<string, StageMemory>()

  constructor(runTask: RunTask) {
    this.#runTask = runTask
  }

  /** The stages of a pipeline one after the other, each in its own child. */
  async of(inputs: readonly TaskInput<'estimate'>[], signal: AbortSignal): Promise<StageMemory[]> {
    const stages: StageMemory[] = []
    for (const input of inputs) stages.push(await this.#stage(input, signal))
    return stages
  }

  /** A cached estimate. */
  known(input: TaskInput<'estimate'>): StageMemory | undefined {
    return this.#known.get(keyOf(input))
  }

  async #stage(input: TaskInput<'estimate'>, signal: AbortSignal): Promise<StageMemory> {
    const known = this.known(input)
    if (known !== undefined) return known
    const estimate = await this.#runTask('estimate', input, { signal })
    this.#known.set(keyOf(input), estimate)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= keptEstimates) break
      this.#known.delete(oldest)
    }
    return estimate
  }
}

const keyOf = (input: TaskInput<'estimate'>): string =>
  createHash('sha256').update(JSON.stringify(input)).digest('base64')

/** Compares estimates with the free memory of the machine and the budget of the target cache, with a warning for each stage that does not fit. */
export function compareWithMachine(
  stages: readonly StageMemory[],
  configuration: PipelineConfiguration,
  freeBytes: number,
  card: MemoryEstimate['card'] = null,
  targetBudget = Number.POSITIVE_INFINITY,
): MemoryEstimate {
  const warnings = stages.flatMap(({ stage, totalBytes, card: onCard, targets }) => {
    const ways = `To use less: ${waysToSaveMemory(memorySettings(stage, configuration))}`
    const lacking = [
      ...(totalBytes > freeBytes
        ? [`needs about ${gigabytes(totalBytes)} of memory, and ${gigabytes(freeBytes)} are free.`]
        : []),
      ...(card !== null && onCard !== undefined && onCard.totalBytes > card.freeBytes
        ? [
            `needs about ${gigabytes(onCard.totalBytes)} on the graphics card, and ${card.name} has ${gigabytes(card.memoryBytes)}, of which ${gigabytes(card.freeBytes)} are free.`,
          ]
        : []),
    ]
    const tooMany = targets === undefined ? undefined : overBudget(targets, targetBudget)
    return [
      ...lacking.map((lack) => `${stageTitles[stage]} ${lack} ${ways}`),
      ...(tooMany === undefined ? [] : [tooMany]),
    ]
  })
  return { stages: [...stages], freeBytes, card, warnings }
}

/** The visible card with the most free memory, among those whose memory is known. */
export function roomiestCard(cards: readonly Card[]): MemoryEstimate['card'] {
  const known = cards.flatMap(({ name, memoryBytes, usedMemoryBytes }) =>
    memoryBytes === null ? [] : [{ name, memoryBytes, freeBytes: memoryBytes - (usedMemoryBytes ?? 0) }],
  )
  return known.toSorted((a, b) => b.freeBytes - a.freeBytes)[0] ?? null
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
