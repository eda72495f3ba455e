import { configurationSections, sectionNames } from '#contract/configuration/pipeline.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { lineageOf } from '#contract/stages/chain.ts'
import { type Stage, stageNames } from '#contract/stages/index.ts'

export type Hyperparameter = number | string | boolean

/** The hyperparameters on which the result of a stage depends, by `<section>.<parameter>`, in the order of the form. */
export function hyperparametersOf(stage: Stage, { configuration }: Pipeline): Map<string, Hyperparameter> {
  const lineage: readonly string[] = lineageOf(stage, configuration)
  const others: readonly string[] = stageNames.filter((name) => !lineage.includes(name))
  const found = new Map<string, Hyperparameter>()
  for (const section of sectionNames) {
    if (others.includes(section)) continue
    const values: Readonly<Record<string, unknown>> = configuration[section]
    for (const name of Object.keys(configurationSections[section].shape)) {
      const value = values[name]
      if (value === undefined || value === null) continue
      found.set(
        `${section}.${name}`,
        typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
          ? value
          : JSON.stringify(value),
      )
    }
  }
  return found
}
