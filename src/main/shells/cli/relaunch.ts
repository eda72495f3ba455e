import { type Command, InvalidArgumentError } from 'commander'
import { describeDivergence, framesText, suspectClips } from '#contract/domain/divergence.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'
import { formatNumber } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { launch, printWarnings } from './pipelines.ts'

/** Clips listed at most. */
const shownClips = 20

/** The verbs for a diverged run. */
export function addDivergenceVerbs(run: Command): void {
  run
    .command('divergence')
    .description('what is known of the step at which a run diverged: rate, loss, gradients by layer, and clips')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const report = await withStudio(workspace, (client) => client.runs.divergence({ id }))
      show(isJson, report, (found) => {
        if (found === null) return `There is no divergence report of ${id}.`
        const clips = suspectClips(found)
        return [
          ...describeDivergence(found),
          ...(found.layers.length === 0
            ? []
            : [
                table(
                  ['Layer', 'Gradient norm', 'Step before'],
                  found.layers.map(({ layer, norm, lastNorm }) => [
                    layer,
                    formatNumber(decodeMetric(norm)),
                    lastNorm === null ? '–' : formatNumber(decodeMetric(lastNorm)),
                  ]),
                  [1, 2],
                ),
              ]),
          ...(clips.length === 0
            ? []
            : [
                table(
                  ['Video', 'Frames'],
                  clips.slice(0, shownClips).map(({ video, frames }) => [video, framesText(frames)]),
                ),
              ]),
          ...(clips.length > shownClips ? [`and ${clips.length - shownClips} more; --json lists all`] : []),
        ].join('\n')
      })
    })

  run
    .command('relaunch')
    .description(
      'launch what is left of the pipeline of a diverged run again, from its last good checkpoint with a lower learning rate, and wait for its end',
    )
    .argument('<id>', 'the diverged run')
    .option('--rate-factor <number>', 'the learning rate is multiplied by it', factor, 0.5)
    .option('--name <name>', 'name of the new pipeline')
    .option('--dry-run', 'check the request and estimate the memory of each stage, without launching', false)
    .action(
      async (
        id: string,
        { rateFactor, name, dryRun }: { rateFactor: number; name?: string; dryRun: boolean },
        command: Command,
      ) => {
        const common = commonOf(command)
        const { before, request, notes } = await withStudio(common.workspace, (client) =>
          client.pipelines.recovery({ id, rateFactor }),
        )
        printWarnings(common, notes)
        if (!common.isJson) {
          const { continues, configuration } = request
          if (continues !== undefined)
            process.stderr.write(`It continues from ${checkpointId(continues.run, continues.step)}.\n`)
          for (const [field, value] of Object.entries(request.overrides ?? {}))
            process.stderr.write(`${field} = ${value}\n`)
          if (configuration.stages.join() !== before.configuration.stages.join())
            process.stderr.write(`stages = ${configuration.stages.join(', ')}\n`)
        }
        await launch(common, { ...request, ...(name === undefined ? {} : { name }) }, dryRun)
      },
    )
}

function factor(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It takes a number between 0 and 1.')
  return value
}
