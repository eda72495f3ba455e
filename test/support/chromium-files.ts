import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')

/** Folder into which `unpackChromium` unpacks `@sparticuz/chromium`. */
export function chromiumFolder(): string {
  return join(root, 'node_modules', '.cache', `chromium-${versionOf('@sparticuz/chromium')}`)
}

/** Unpacks a headless Chromium with its libraries, a font and a software Vulkan, once; takes about two seconds. Returns the folder. */
export async function unpackChromium(): Promise<string> {
  const folder = chromiumFolder()
  if (existsSync(folder)) return folder
  const own = `${folder}.${process.pid}`
  rmSync(own, { recursive: true, force: true })
  mkdirSync(own, { recursive: true })
  // The package unpacks the libraries only in an environment that looks like AWS Lambda.
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'unpack-chromium.ts')], {
    env: { ...process.env, TMPDIR: own, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' },
  })
  writeFileSync(
    join(own, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${join(folder, 'fonts')}</dir><include ignore_missing="yes">/etc/fonts/fonts.conf</include><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>`,
  )
  try {
    renameSync(own, folder)
  } catch (cause) {
    // Another test file finished first; its folder is equal.
    rmSync(own, { recursive: true, force: true })
    if (!existsSync(folder)) throw cause
  }
  return folder
}

function versionOf(name: string): string {
  const file: unknown = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  if (typeof file !== 'object' || file === null || !('version' in file) || typeof file.version !== 'string')
    throw new Error(`${name} has no version.`)
  return file.version
}
