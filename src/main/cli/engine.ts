import { Argument, type Command } from 'commander'
import { StudioError } from '#contract/errors.ts'
import { install, type Recipe } from '../engines/install.ts'
import { builtTensorFlowRecipe, cudaRecipe, stockTensorFlowRecipe } from '../engines/recipes.ts'
import { taskRunner } from '../executors/task.ts'
import { findInstallation } from '../installation.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf, givenPath } from './options.ts'
import { show } from './output.ts'

const installables = ['cuda', 'tensorflow'] as const
type Installable = (typeof installables)[number]

export function addEngineVerbs(program: Command): void {
  program
    .command('engine')
    .description('native parts of engines that do not come with the studio')
    .command('install')
    .description('fetch the native part of an engine; where that fails, all stays as it was')
    .addArgument(new Argument('<name>', 'cuda: ONNX Runtime\'s libraries for NVIDIA cards (CUDA 12, cuDNN 9); tensorflow: for @tensorflow/tfjs-node-gpu').choices(installables))
    .option('--from <dir>', 'build tensorflow against the TensorFlow that Python has in this folder, instead of fetching one (needs a C++ compiler)', givenPath)
    .action(async (name: Installable, { from }: { from?: string }, command: Command) => {
      const { isJson } = commonOf(command)
      const recipe = recipeOf(name, from)
      const say = (line: string) => void (isJson || process.stderr.write(`${line}\n`))
      await install(recipe, { nodePath: process.execPath, signal: interruptSignal(), say, verify: name === 'tensorflow' ? verifyTensorFlow : () => Promise.resolve() })
      show(isJson, { installed: name }, () => `${recipe.title}: installed.`)
    })
}

function recipeOf(name: Installable, from: string | undefined): Recipe {
  if (name === 'tensorflow') return from === undefined ? stockTensorFlowRecipe() : builtTensorFlowRecipe(from)
  if (from !== undefined) throw new StudioError('bad-request', '--from is for tensorflow; cuda is always fetched.', 'Leave --from out.')
  return cudaRecipe()
}

/** In a process of its own, because a library that does not fit can end the one that loads it. */
async function verifyTensorFlow(): Promise<void> {
  const { engines } = await taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })('engines', {})
  const report = engines.find(({ name }) => name === 'tensorflow')
  if (report?.isPresent === true) return
  throw new StudioError('engine-unavailable', `TensorFlow was installed and does not work here: ${[report?.reason, report?.detail].filter((part) => part !== undefined).join(' ')}`, 'It was taken out again; the other engines work as before.')
}
