import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { byCommand, type Command, packageFolder, type Recipe } from './install.ts'

/** Node-API version of the addon of tfjs-node: the newest that it supports. */
const addonNodeApi = 8
const addonFolder = 'lib'

/** TensorFlow 2.9.1 with its addon, downloaded from Google's servers by the package's own script. */
export function stockTensorFlowRecipe(): Recipe {
  const folder = packageFolder('@tensorflow/tfjs-node-gpu')
  return byCommand(
    { title: 'TensorFlow', folder, makes: ['deps', addonFolder] },
    {
      command: [join('scripts', 'install.js'), 'gpu', 'download'],
      // The script calls node-pre-gyp through the shell, which calls Node.
      environment: {
        PATH: [join(folder, '..', '..', '.bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
      },
    },
  )
}

/**
 * The addon, built against the TensorFlow of a Python installation.
 * @param tensorFlow the folder `tensorflow` of its packages, whose libraries are linked, not copied
 */
export function builtTensorFlowRecipe(tensorFlow: string, nodeGyp = findNodeGyp()): Recipe {
  const folder = packageFolder('@tensorflow/tfjs-node-gpu')
  return byCommand(
    { title: 'The addon for TensorFlow', folder, makes: ['deps', addonFolder, 'build'] },
    buildCommand(tensorFlow, folder, nodeGyp),
  )
}

/** @throws StudioError `bad-request` if `tensorFlow` is not the TensorFlow package of a Python */
export function buildCommand(tensorFlow: string, folder: string, nodeGyp: string): Command {
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
  for (const needed of ['include', ...libraries]) {
    if (existsSync(join(tensorFlow, needed))) continue
    throw new StudioError(
      'bad-request',
      `${tensorFlow} is not the TensorFlow package of Python: it does not contain ${needed}.`,
      'Give the folder that this command prints: python3 -c "import tensorflow; print(tensorflow.__path__[0])"',
    )
  }
  const headers = dirname(dirname(process.execPath))
  return {
    prepare() {
      const linked = join(folder, 'deps', 'lib')
      mkdirSync(linked, { recursive: true })
      symlinkSync(join(tensorFlow, 'include'), join(folder, 'deps', 'include'))
      for (const library of libraries) {
        symlinkSync(join(tensorFlow, library), join(linked, library))
        // Names that the linker looks for.
        symlinkSync(library, join(linked, library.replace('_cc', '').replace(/\.2$/, '')))
      }
    },
    command: [
      nodeGyp,
      'rebuild',
      `--napi_build_version=${addonNodeApi}`,
      '--module_name=tfjs_binding',
      `--module_path=${join(folder, addonFolder, `napi-v${addonNodeApi}`)}`,
      // Otherwise node-gyp would download the headers.
      ...(existsSync(join(headers, 'include', 'node', 'node_api.h')) ? [`--nodedir=${headers}`] : []),
    ],
    environment: {},
  }
}

/** The node-gyp that comes with npm. npm passes its own path to its scripts. */
function findNodeGyp(): string {
  const npm = process.env['npm_execpath']
  const path =
    npm === undefined ? undefined : join(dirname(npm), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')
  if (path !== undefined && existsSync(path)) return path
  throw new StudioError(
    'bad-request',
    'Building the addon needs the node-gyp that comes with npm, which was not found.',
    'Start the command through npm: npm run -s studio -- engine install tensorflow --from DIR',
  )
}
