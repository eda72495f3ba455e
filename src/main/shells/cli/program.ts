import { Command } from 'commander'
import { addBenchVerbs } from './bench.ts'
import { addCheckpointVerbs } from './checkpoints.ts'
import { addDatasetVerbs } from './datasets.ts'
import { addDemoVerb } from './demo.ts'
import { addEngineVerbs } from './engine.ts'
import { addEnginesVerb } from './engines.ts'
import { commonOptions } from './options.ts'
import { addPipelineVerbs } from './pipelines.ts'
import { addReferenceVerb } from './reference.ts'
import { addRunVerbs } from './runs.ts'
import { addSystemVerbs } from './system.ts'

/** All verbs. What commander would print of an error is collected in `complaints`, so that every error looks the same. */
export function createProgram(version: string, complaints: string[]): Command {
  const program = commonOptions(new Command('npm run -s studio --'))
    .description(
      'MVD Studio without a window: masked video distillation from a folder of videos to a tested classifier.',
    )
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: (text) => void complaints.push(text) })
    .exitOverride()
  addDemoVerb(program)
  addDatasetVerbs(program)
  addPipelineVerbs(program)
  addRunVerbs(program)
  addCheckpointVerbs(program)
  addReferenceVerb(program)
  addBenchVerbs(program)
  addEngineVerbs(program)
  addEnginesVerb(program)
  addSystemVerbs(program)
  return program
}
