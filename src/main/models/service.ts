import { join } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { ModelImportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { TensorFacts } from '#contract/domain/checkpoint.ts'
import {
  type ImportedModel,
  type ModelImportRequest,
  type ModelAnswers,
  questionsOf,
  withAnswers,
} from '#contract/domain/imported-model.ts'
import { importedModelFiles } from '#contract/layout.ts'
import { didYouMean } from '#contract/nearest.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { RunTask } from '../executors/task.ts'
import { taskStream } from '../streams/stream.ts'
import { ModelStore } from './store.ts'

export interface ModelsOptions {
  readonly workspace: WorkspacePaths
  readonly runTask: RunTask
  /** Ids of unfinished runs that use an imported model. */
  readonly usersOf: (name: string) => string[]
  readonly onProblem: (error: unknown) => void
}

/** Imported models: copies in the workspace, with published tensor names. */
export class Models {
  readonly #options: ModelsOptions
  readonly #store: ModelStore
  readonly #abort = new AbortController()

  constructor(options: ModelsOptions) {
    this.#options = options
    this.#store = new ModelStore(options.workspace.models)
  }

  close(): void {
    this.#abort.abort()
  }

  /** Sorted by name. A model whose card cannot be read is omitted and reported. */
  list(): ImportedModel[] {
    return this.#store.list(this.#options.onProblem)
  }

  /** @throws StudioError `not-found`, suggesting the nearest name. */
  get(name: string): ImportedModel {
    const names = this.#store.names()
    if (names.includes(name)) return this.#store.read(name)
    const otherwise =
      names.length === 0
        ? 'There are no imported models. Import one with: model import FILE --name NAME.'
        : `Imported models: ${names.join(', ')}. Run ids contain a dot, checkpoint ids an @.`
    throw new StudioError('not-found', `There is no imported model called ${name}.`, didYouMean(name, names, otherwise))
  }

  folder(name: string): string {
    return this.#store.folder(this.get(name).name)
  }

  async inspect(name: string, signal?: AbortSignal): Promise<{ model: ImportedModel; tensors: TensorFacts[] }> {
    const model = this.get(name)
    const { tensors } = await this.#options.runTask(
      'inspect-tensors',
      { file: join(this.#store.folder(name), importedModelFiles.model) },
      { signal },
    )
    return { model, tensors }
  }

  import(request: ModelImportRequest, signal?: AbortSignal): AsyncIteratorClass<ModelImportEvent> {
    return taskStream<ModelImportEvent>(signal, async (report, signal) => {
      const { name } = request
      requirePortableName(name)
      if (this.#store.has(name))
        throw new StudioError(
          'already-exists',
          `There is already an imported model called ${name}.`,
          'Choose another name, or remove that model first.',
        )
      const model = await this.#options.runTask(
        'import-model',
        { ...request, folder: this.#options.workspace.models },
        {
          signal: AbortSignal.any([signal, this.#abort.signal]),
          onProgress: (progress) => report({ type: 'progress', ...progress }),
        },
      )
      return { type: 'done', model }
    })
  }

  /** Sets facts that could not be inferred from the file. @throws StudioError `bad-request` for a fact that is already known. */
  describe(name: string, answers: ModelAnswers): ImportedModel {
    const card = this.get(name)
    const open = questionsOf(card).map(({ answer }) => answer)
    const given = (['family', 'heads', 'decoderHeads'] as const).filter((answer) => answers[answer] !== undefined)
    if (given.length === 0)
      throw new StudioError('bad-request', `No fact of ${name} is given.`, 'Set its family or its number of heads.')
    const known = given.find((answer) => !open.includes(answer))
    if (known !== undefined)
      throw new StudioError(
        'bad-request',
        `The ${answerTitles[known]} of ${name} is already known.`,
        'To change it, remove the model and import the file again.',
      )
    const described = { ...card, model: withAnswers(card.model, answers) }
    this.#store.write(described)
    return described
  }

  remove(name: string): void {
    this.get(name)
    const users = this.#options.usersOf(name)
    if (users.length > 0)
      throw new StudioError(
        'run-state',
        `The model ${name} is used by ${users.join(', ')}.`,
        'Wait until that run has finished.',
      )
    this.#store.remove(name)
  }
}

const answerTitles: Record<keyof ModelAnswers, string> = {
  family: 'family',
  heads: 'number of heads',
  decoderHeads: 'number of heads of the decoder',
}
