import { Command } from 'commander'
import { addAccessVerbs } from './access.ts'
import { addAlertVerbs } from './alerts.ts'
import { addBenchVerbs } from './bench.ts'
import { addCacheVerbs } from './caches.ts'
import { addCheckpointVerbs } from './checkpoints.ts'
import { addCompareVerb } from './compare.ts'
import { addDatasetVerbs } from './datasets.ts'
import { addDemoVerb } from './demo.ts'
import { addEngineVerbs } from './engines.ts'
import { addExperimentVerbs } from './experiments.ts'
import { addModelVerbs } from './models.ts'
import { commonOptions } from './options.ts'
import { addPipelineVerbs } from './pipelines.ts'
import { addQueryVerbs } from './queries.ts'
import { addQueueVerbs } from './queue.ts'
import { addReferenceVerb } from './reference.ts'
import { addRenamedVerbs } from './renamed.ts'
import { addReportVerb } from './run-reports.ts'
import { addRunVerbs } from './runs.ts'
import { addSystemVerbs } from './system.ts'

/** All verbs. Errors of commander are collected in `usageErrors` instead of printed, so that every error looks the same. */
export function createProgram(version: string, usageErrors: string[]): Command {
  const program = commonOptions(new Command('npm run -s studio --'))
    .description(
      'MVD Studio on the command line: masked video distillation from a folder of videos to a tested classifier.',
    )
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: (text) => void usageErrors.push(text) })
    .exitOverride()
  addDemoVerb(program)
  addDatasetVerbs(program)
  addPipelineVerbs(program)
  addExperimentVerbs(program)
  addRunVerbs(program)
  addQueueVerbs(program)
  addQueryVerbs(program)
  addReportVerb(program)
  addCompareVerb(program)
  addModelVerbs(program)
  addCheckpointVerbs(program)
  addReferenceVerb(program)
  addBenchVerbs(program)
  addEngineVerbs(program)
  addCacheVerbs(program)
  addSystemVerbs(program)
  addAlertVerbs(program)
  addAccessVerbs(program)
  addRenamedVerbs(program)
  return program
}
