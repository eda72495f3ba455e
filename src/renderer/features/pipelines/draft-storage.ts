import { z } from 'zod'
import { chosenInputs } from '#contract/configuration/inputs.ts'
import { sectionNames } from '#contract/configuration/pipeline.ts'
import { continuation } from '#contract/domain/model-ref.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { stageNames } from '#contract/stages/index.ts'
import { draftFrom, type Draft } from './draft.ts'
import { origin } from './origin.ts'
import { noSweep, sweepDraft } from './sweep-draft.ts'

const key = 'pipeline-draft'
const extrasKey = 'pipeline-draft-extras'
const fieldValue = z.union([z.number(), z.string(), z.boolean(), z.null()])
const storedDraft = z.object({
  name: z.string(),
  dataset: z.string().nullable(),
  labels: z.string().nullable(),
  preset: z.string(),
  continues: continuation.optional(),
  configuration: z.object({
    stages: z.array(z.enum(stageNames)),
    inputs: chosenInputs,
    ...(Object.fromEntries(sectionNames.map((section) => [section, z.record(z.string(), fieldValue)])) as Record<
      (typeof sectionNames)[number],
      z.ZodRecord<z.ZodString, typeof fieldValue>
    >),
  }),
})

/** Keeps the draft for the next load of the page in this tab. */
export function storeDraft(draft: Draft): void {
  sessionStorage.setItem(key, JSON.stringify(draft))
}

/**
 * The draft that `storeDraft` kept; null if there is none, if another version of the studio wrote it, or if its preset is gone.
 * Fields are those of the preset, so that one that was added since then has its value.
 */
export function restoreDraft(presets: readonly Preset[]): Draft | null {
  const text = sessionStorage.getItem(key)
  const stored = text === null ? undefined : storedDraft.safeParse(parseJson(text)).data
  const preset = presets.find(({ name }) => name === stored?.preset)
  if (stored === undefined || preset === undefined) return null
  const draft = draftFrom(preset)
  const { stages, inputs } = stored.configuration
  draft.configuration.stages = stages
  draft.configuration.inputs = inputs
  for (const section of sectionNames)
    for (const field of Object.keys(draft.configuration[section])) {
      const value = stored.configuration[section][field]
      if (value !== undefined) draft.configuration[section][field] = value
    }
  const { name, dataset, labels, continues } = stored
  return { ...draft, name, dataset, labels, ...(continues === undefined ? {} : { continues }) }
}

/** What belongs to a draft besides the pipeline: a sweep over it, the pipeline that it was made from, and a switch of the form. */
const draftExtras = z.object({
  sweep: sweepDraft,
  origin: origin.nullable(),
  linksWarmup: z.boolean().default(false),
})
type DraftExtras = z.infer<typeof draftExtras>

export function storeExtras(extras: DraftExtras): void {
  sessionStorage.setItem(extrasKey, JSON.stringify(extras))
}

/** What `storeExtras` kept; none if another version of the studio wrote it. */
export function restoreExtras(): DraftExtras {
  const text = sessionStorage.getItem(extrasKey)
  const stored = text === null ? undefined : draftExtras.safeParse(parseJson(text)).data
  return stored ?? { sweep: noSweep, origin: null, linksWarmup: false }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not written by this page.
    return undefined
  }
}
