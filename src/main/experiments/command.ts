import type { Preset } from '#contract/domain/pipeline.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'
import { tuningOf } from '#contract/stages/starts.ts'
import { commandLine } from '#node/command-line.ts'
import { changedValues, inputWords } from '../reports/commands.ts'

/** The command that launches an experiment again. Without its preset, the values are those of the file of the experiment. */
export function experimentCommand(request: ExperimentRequest, presets: readonly Preset[]): string {
  const { name, dataset, labels, preset, configuration, starts } = request
  const { pretrainingSeeds, finetuningSeeds, learningRates, layerDecays, probes } = request
  const found = presets.find((candidate) => candidate.name === preset)
  const words = ['npm', 'run', '-s', 'studio', '--', 'experiment', 'teachers']
  words.push('--name', name, '--dataset', dataset, ...listed('--labels', labels), '--preset', preset)
  words.push('--seeds', String(pretrainingSeeds), '--finetuning-seeds', String(finetuningSeeds))
  const rates = learningRates.length > 0 ? learningRates : [tuningOf(configuration).learningRate]
  words.push(...listed('--rates', rates), ...listed('--decays', layerDecays), ...listed('--starts', starts))
  words.push(...(probes ? [] : ['--no-probes']), ...inputWords(configuration.inputs))
  if (found !== undefined)
    words.push(...changedValues(found.configuration, configuration).flatMap((setting) => ['--set', setting]))
  const command = commandLine(words)
  return found === undefined
    ? `${command}\n\nThe preset ${preset} does not come with this version; experiments/${name}.json has its values.`
    : command
}

const listed = (option: string, values: readonly (string | number)[]): string[] =>
  values.length === 0 ? [] : [option, values.join()]
