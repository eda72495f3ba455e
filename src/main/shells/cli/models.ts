import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import { type ImportedModel, importWarnings, type ModelAnswers, questionsOf } from '#contract/domain/imported-model.ts'
import { describeModel, modelFamilies } from '#contract/domain/model.ts'
import { formatBytes } from '#contract/format.ts'
import { withStudio, type StudioClient } from './client.ts'
import { interruptedExitCode, interruptSignal } from './interrupt.ts'
import { commonOf, givenPath, type Common } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

type Answers = { [Answer in keyof ModelAnswers]?: NonNullable<ModelAnswers[Answer]> }

/** Names that a report shows; the rest is counted. */
const shownNames = 5

/** The verbs for imported models: copies in the workspace. */
export function addModelVerbs(program: Command): void {
  const models = program.command('model').description('imported models: copies in the workspace')

  answerOptions(
    models
      .command('import')
      .description('copy a model of MAE, VideoMAE or MVD into the workspace, and report what happened to each tensor')
      .argument(
        '<path>',
        'a PyTorch or safetensors file, or a folder saved by Hugging Face or DeepSpeed; it is not changed',
        givenPath,
      )
      .requiredOption('--name <name>', 'name of the model in the workspace')
      .option(
        '--leave-out',
        'import without the tensors of parts that the model does not have, such as the head of another task',
      ),
  ).action(
    async (path: string, { name, ...options }: { name: string; leaveOut?: true } & Answers, command: Command) => {
      const common = commonOf(command)
      const card = await importModel(common, { path, name, ...options })
      if (card === undefined) process.exitCode = interruptedExitCode
      else show(common.isJson, withQuestions(card), () => modelText(card))
    },
  )

  answerOptions(
    models
      .command('describe')
      .description('set what could not be inferred from the file of an imported model')
      .argument('<name>'),
  ).action(async (name: string, answers: Answers, command: Command) => {
    const { workspace, isJson } = commonOf(command)
    const card = await withStudio(workspace, (client) => client.models.describe({ name, ...answers }))
    show(isJson, withQuestions(card), () =>
      [`${card.name}: ${describeModel(card.model)}.`, ...questionLines(card)].join('\n'),
    )
  })

  models
    .command('list')
    .description('all imported models')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const imported = await withStudio(workspace, (client) => client.models.list({}))
      show(isJson, imported.map(listedModel), (list) =>
        list.length === 0
          ? 'No imported model yet. Import one with: model import PATH --name NAME'
          : table(
              ['Model', 'What it is', 'Size', 'Imported at', 'From'],
              list.map(({ id, model, sizeBytes, createdAt, source }) => [
                id,
                describeModel(model),
                formatBytes(sizeBytes),
                createdAt,
                source,
              ]),
              [2],
            ),
      )
    })

  models
    .command('remove')
    .description('remove an imported model from the workspace; the file that it was copied from stays')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      await withStudio(workspace, (client) => client.models.remove({ name }))
      show(isJson, { removed: name }, () => `${name} was removed.`)
    })
}

/** An imported model as lists show it. */
export const listedModel = (card: ImportedModel) => {
  const { name, model, createdAt, source, licenceNotes, files } = card
  return {
    id: name,
    origin: 'import' as const,
    model,
    createdAt,
    source: source.path,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    licenceNotes,
  }
}
export type ListedModel = ({ origin: 'run' } & Checkpoint) | ReturnType<typeof listedModel>

/** An imported model with its report, as text. */
export function modelText(card: ImportedModel): string {
  const { name, model, source, report, licenceNotes } = card
  const { matched, missing, reshaped, ignored, computed = [], dtypes, beside } = report
  const rows: [string, number, string][] = [
    [
      'matched',
      matched.length,
      Object.entries(dtypes)
        .map(([dtype, count]) => `${count} stored as ${dtype}`)
        .join(', '),
    ],
    ['missing', missing.length, some(missing)],
    [
      'reshaped',
      reshaped.length,
      some(reshaped.map(({ name, from, to }) => `${name} [${from.join(', ')}] to [${to.join(', ')}]`)),
    ],
    ['ignored', ignored.length, some(ignored)],
    ...(computed.length === 0
      ? []
      : [['computed', computed.length, some(computed)] satisfies [string, number, string]]),
    [
      'other',
      beside.length,
      some(
        beside.map(({ name, tensors, sizeBytes }) =>
          tensors === 0 ? name : `${name} (${tensors} tensors, ${formatBytes(sizeBytes)})`,
        ),
      ),
    ],
  ]
  return [
    `${name}: ${describeModel(model)}`,
    `from ${source.files[0]?.name ?? source.path}`,
    ...rows.map(
      ([title, count, detail]) =>
        `  ${title.padEnd(9)} ${String(count).padStart(4)}${detail === '' ? '' : `  ${detail}`}`,
    ),
    ...importWarnings(card).map((warning) => `Warning: ${warning}`),
    ...questionLines(card),
    ...licenceNotes,
  ].join('\n')
}

async function importModel(
  { workspace, isJson }: Common,
  request: Parameters<StudioClient['models']['import']>[0],
): Promise<ImportedModel | undefined> {
  const interruption = interruptSignal()
  return withStudio(workspace, async (client) => {
    const display = openProgress(isJson)
    try {
      for await (const event of await client.models.import(request, { signal: interruption })) {
        if (event.type === 'done') return event.model
        display.update([
          {
            id: request.name,
            title: 'Copying',
            done: event.done,
            total: event.total,
            detail: event.tensor,
            isMoving: true,
          },
        ])
      }
    } finally {
      display.close()
    }
    return undefined
  })
}

function answerOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--family <family>',
        'whose position table it has, if tensor names do not say: a fine-tuned VideoMAE and a fine-tuned MVD look alike',
      ).choices(modelFamilies),
    )
    .option('--heads <number>', 'attention heads of the encoder, if no published model has its width', parseHeads)
    .option(
      '--decoder-heads <number>',
      'attention heads of the decoder, if no published model has its width',
      parseHeads,
    )
}

function parseHeads(text: string): number {
  const heads = Number(text)
  if (!/^\d+$/.test(text) || heads < 1 || heads > 256)
    throw new InvalidArgumentError('It is a whole number from 1 to 256.')
  return heads
}

const withQuestions = (card: ImportedModel) => ({
  ...card,
  questions: questionsOf(card),
  warnings: importWarnings(card),
})
const optionOf: Record<keyof ModelAnswers, string> = {
  family: '--family videomae (or mvd)',
  heads: '--heads NUMBER',
  decoderHeads: '--decoder-heads NUMBER',
}
const questionLines = (card: ImportedModel): string[] =>
  questionsOf(card).map(
    ({ answer, question }) => `Not known: ${question}\n  model describe ${card.name} ${optionOf[answer]}`,
  )
const some = (names: readonly string[]): string =>
  `${names.slice(0, shownNames).join(', ')}${names.length > shownNames ? ', …' : ''}`
