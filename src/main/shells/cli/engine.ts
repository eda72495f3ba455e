import { Argument, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import type { EngineName } from '#contract/domain/engine.ts'
import { findInstallation } from '../../app/installation.ts'
import { install, type Recipe } from '../../engines/install.ts'
import { builtTensorFlowRecipe, cudaRecipe, stockTensorFlowRecipe } from '../../engines/recipes.ts'
import { taskRunner } from '../../executors/task.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf, givenPath } from './options.ts'
import { show } from './output.ts'

const installables = ['cuda', 'tensorflow'] as const
type Installable = (typeof installables)[number]
const engines: Readonly<Record<Installable, EngineName>> = { cuda: 'onnx-cuda', tensorflow: 'tensorflow' }

export function addEngineVerbs(program: Command): void {
  program
    .command('engine')
    .description('native parts of engines that do not come with the studio')
    .command('install')
    .description('fetch the native part of an engine; where that fails, all stays as it was')
    .addArgument(
      new Argument(
        '<name>',
        "cuda: ONNX Runtime's libraries for NVIDIA cards (CUDA 12, cuDNN 9); tensorflow: for @tensorflow/tfjs-node-gpu",
      ).choices(installables),
    )
    .option(
      '--from <dir>',
      'build tensorflow against the TensorFlow that Python has in this folder, instead of fetching one (needs a C++ compiler)',
      givenPath,
    )
    .action(async (name: Installable, { from }: { from?: string }, command: Command) => {
      const { isJson } = commonOf(command)
      const recipe = recipeOf(name, from)
      const say = (line: string) => void (isJson || process.stderr.write(`${line}\n`))
      const signal = interruptSignal()
      await install(recipe, {
        nodePath: process.execPath,
        signal,
        onProgress: say,
        verify: () => verify(engines[name], signal),
      })
      show(isJson, { installed: name }, () => `${recipe.title}: installed.`)
    })
}

function recipeOf(name: Installable, from: string | undefined): Recipe {
  if (name === 'tensorflow') return from === undefined ? stockTensorFlowRecipe() : builtTensorFlowRecipe(from)
  if (from !== undefined)
    throw new StudioError('bad-request', '--from is for tensorflow; cuda is always fetched.', 'Leave --from out.')
  return cudaRecipe()
}

/** Tries what was installed: it has to open, and to give right numbers. */
async function verify(name: EngineName, signal: AbortSignal): Promise<void> {
  const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
  const { engines } = await run('engines', { names: [name], again: true }, { signal })
  const report = engines.find((engine) => engine.name === name)
  if (report?.selfTest?.passed === true) return
  const why = report?.isPresent === true ? [report.selfTest?.sentence] : [report?.reason, report?.detail]
  throw new StudioError(
    'engine-unavailable',
    `The engine '${name}' was installed and does not work here: ${why.filter((part) => part !== undefined).join(' ')}`,
    'It was taken out again; the other engines work as before.',
  )
}
