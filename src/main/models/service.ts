import { join } from 'node:path'
import type { AsyncIteratorClass } from '@orpc/server'
import type { ModelImportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { TensorFacts } from '#contract/domain/checkpoint.ts'
import {
  type ImportCard,
  importFiles,
  type ImportRequest,
  type ModelAnswers,
  questionsOf,
  withAnswers,
} from '#contract/domain/import.ts'
import { taskStream } from '../app/streams.ts'
import type { WorkspaceLayout } from '../app/workspace.ts'
import type { RunTask } from '../executors/task.ts'
import { didYouMean } from '../nearest.ts'
import { ImportStore } from './store.ts'

export interface ImportsOptions {
  readonly workspace: WorkspaceLayout
  readonly runTask: RunTask
  /** Ids of the runs that have not finished and need an import. */
  readonly usersOf: (name: string) => string[]
  readonly onProblem: (error: unknown) => void
}

/** Models from elsewhere: copies of the workspace, under their published names. */
export class Imports {
  readonly #options: ImportsOptions
  readonly #store: ImportStore
  readonly #abort = new AbortController()

  constructor(options: ImportsOptions) {
    this.#options = options
    this.#store = new ImportStore(options.workspace.imports)
  }

  close(): void {
    this.#abort.abort()
  }

  /** By name. One whose card cannot be read is left out and reported. */
  list(): ImportCard[] {
    return this.#store.list(this.#options.onProblem)
  }

  /** Throws `not-found`, naming the nearest import. */
  get(name: string): ImportCard {
    const names = this.#store.names()
    if (names.includes(name)) return this.#store.read(name)
    const otherwise =
      names.length === 0
        ? 'Nothing is imported yet: checkpoint import FILE --name NAME.'
        : `Imported are ${names.join(', ')}; runs have a dot in their name, checkpoints an @.`
    throw new StudioError('not-found', `There is no imported model called ${name}.`, didYouMean(name, names, otherwise))
  }

  folder(name: string): string {
    return this.#store.folder(this.get(name).name)
  }

  async inspect(name: string, signal?: AbortSignal): Promise<{ imported: ImportCard; tensors: TensorFacts[] }> {
    const imported = this.get(name)
    const { tensors } = await this.#options.runTask(
      'inspect',
      { file: join(this.#store.folder(name), importFiles.model) },
      { signal },
    )
    return { imported, tensors }
  }

  import(request: ImportRequest, signal?: AbortSignal): AsyncIteratorClass<ModelImportEvent> {
    return taskStream<ModelImportEvent>(signal, async (report, signal) => {
      const { name } = request
      if (this.#store.has(name))
        throw new StudioError(
          'already-exists',
          `There is already an imported model called ${name}.`,
          'Choose another name, or remove that one first.',
        )
      const imported = await this.#options.runTask(
        'import',
        { ...request, folder: this.#options.workspace.imports },
        {
          signal: AbortSignal.any([signal, this.#abort.signal]),
          onProgress: (progress) => report({ type: 'progress', ...progress }),
        },
      )
      return { type: 'done', imported }
    })
  }

  /** Takes answers to the questions that the file left open; what is known is not changed. */
  describe(name: string, answers: ModelAnswers): ImportCard {
    const card = this.get(name)
    const open = questionsOf(card).map(({ answer }) => answer)
    const given = (['family', 'heads', 'decoderHeads'] as const).filter((answer) => answers[answer] !== undefined)
    if (given.length === 0)
      throw new StudioError('bad-request', `Nothing is told of ${name}.`, 'Give its family or its number of heads.')
    const known = given.find((answer) => !open.includes(answer))
    if (known !== undefined)
      throw new StudioError(
        'bad-request',
        `Of ${name} the ${answerTitles[known]} is known already.`,
        'To change it, remove the import and import the file again.',
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
        `The model ${name} is needed by ${users.join(', ')}.`,
        'Let that run finish first.',
      )
    this.#store.remove(name)
  }
}

const answerTitles: Record<keyof ModelAnswers, string> = {
  family: 'family',
  heads: 'number of heads',
  decoderHeads: 'number of heads of the decoder',
}
