import type { Preset } from '#contract/domain/pipeline.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'
import { commandLine } from '#node/command-line.ts'
import { changedValues, inputWords } from '../reports/commands.ts'

/** The command that launches an experiment again. Without its preset, the values are those of the file of the experiment. */
export function experimentCommand(request: ExperimentRequest, presets: readonly Preset[]): string {
  const { name, dataset, labels, preset, configuration, starts } = request
  const { pretrainingSeeds, finetuningSeeds, learningRates, layerDecays, probes } = request
  const found = presets.find((candidate) => candidate.name === preset)
  const listed = (option: string, values: readonly (string | number)[]) =>
    values.length === 0 ? [] : [option, values.join()]
  const command = commandLine([
    ...['npm', 'run', '-s', 'studio', '--', 'experiment', 'teachers'],
    ...['--name', name, '--dataset', dataset, ...listed('--labels', labels), '--preset', preset],
    ...['--seeds', String(pretrainingSeeds), '--finetuning-seeds', String(finetuningSeeds)],
    ...listed('--rates', learningRates),
    ...listed('--decays', layerDecays),
    ...listed('--starts', starts),
    ...(probes ? [] : ['--no-probes']),
    ...inputWords(configuration.inputs),
    ...(found === undefined
      ? []
      : changedValues(found.configuration, configuration).flatMap((setting) => ['--set', setting])),
  ])
  return found === undefined
    ? `${command}\n\nThe preset ${preset} does not come with this version; experiments/${name}.json has its values.`
    : command
}
