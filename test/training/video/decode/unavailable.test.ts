import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Opens something in a process that finds neither node-av nor any program on its PATH, and returns the error. */
function refusalOf(module: string, open: string): unknown {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) { if (name.startsWith('node-av')) throw new Error('no binary'); return next(name, context) } })
    const opened = await import('./src/training/video/${module}')
    const error = await opened.${open}().catch((cause) => cause)
    console.log(JSON.stringify({ ...error.report(), causes: error.cause.errors.map(({ message }) => message) }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: '' },
  })
  return stdout === '' ? stderr : JSON.parse(stdout)
}

test('without any decoder, the error says what to install', () => {
  expect(refusalOf('decode/open-decoder.ts', 'openDecoder')).toMatchInlineSnapshot(`
    {
      "causes": [
        "no binary",
        "ffmpeg and ffprobe are not on the PATH",
      ],
      "code": "decoder-unavailable",
      "hint": "Install ffmpeg 5.1 or newer with your system's package manager, or run \`npm install --include=optional\`.",
      "message": "No video decoder was found: the package node-av has no binary for this machine, and ffmpeg is not on the PATH.",
    }
  `)
})

test('without any encoder, the error says what to install', () => {
  expect(refusalOf('encode/encoder.ts', 'openEncoder')).toMatchInlineSnapshot(`
    {
      "causes": [
        "no binary",
        "there is no ffmpeg with libx264 on the PATH",
      ],
      "code": "decoder-unavailable",
      "hint": "Install ffmpeg with your system's package manager, or run \`npm install --include=optional\`.",
      "message": "No video encoder was found: neither node-av nor ffmpeg with H.264 (libx264) is available.",
    }
  `)
})
