import { StudioError } from '#contract/api/errors.ts'
import { questionsOf } from '#contract/domain/imported-model.ts'
import { openModel, type SavedModel } from '../checkpoint/open-model.ts'
import type { ExportSource } from './format.ts'
import { exportMetadata } from './metadata.ts'
import { type Assumption, assume, modelToExport } from './model.ts'

/** A source whose file is closed when it is disposed. */
export interface OpenedSource extends ExportSource, AsyncDisposable {}

/**
 * Opens the folder of a checkpoint or an imported model. Unknown facts of an imported model are assumed as far as `assumes` allows.
 * @throws StudioError `checkpoint-invalid` if its files are damaged, or a fact that the export needs is unknown.
 */
export async function openExportSource(
  folder: string,
  assumes: Assumption,
  signal: AbortSignal,
): Promise<OpenedSource> {
  const saved = await openModel(folder, signal)
  try {
    const { origin, classes, weights } = saved
    return {
      origin,
      model: modelToExport(described(saved, assumes), origin),
      classes,
      metadata: exportMetadata(saved),
      pixelObjective: pixelObjectiveOf(saved),
      weights,
      [Symbol.asyncDispose]: () => saved[Symbol.asyncDispose](),
    }
  } catch (cause) {
    await saved[Symbol.asyncDispose]()
    throw cause
  }
}

function described({ source, model, origin }: SavedModel, assumes: Assumption): SavedModel['model'] {
  if (source.kind === 'checkpoint') return model
  const assumed = assume(assumes, model)
  const [unanswered] = questionsOf({ model: assumed })
  if (unanswered !== undefined)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} cannot be computed yet. ${unanswered.question}`,
      `Set it with: model describe ${origin}, or on its page. It can be exported as safetensors or pytorch without this.`,
    )
  return assumed
}

function pixelObjectiveOf({ source }: SavedModel): ExportSource['pixelObjective'] {
  if (source.kind === 'imported-model') return null
  const { configuration } = source.card.task
  return 'normalizeTarget' in configuration ? configuration : null
}
