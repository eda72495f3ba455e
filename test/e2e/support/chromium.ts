import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium, type Browser } from 'playwright-core'

const root = join(import.meta.dirname, '../../..')
const cache = join(root, 'node_modules', '.cache')

/**
 * Starts a headless Chromium that needs nothing of the machine but the C library: the browser, its libraries and a font come from
 * `@sparticuz/chromium`, unpacked once (about two seconds) below `node_modules/.cache`.
 */
export async function launchChromium(): Promise<Browser> {
  const folder = await unpacked()
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--font-render-hinting=none'],
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  })
}

async function unpacked(): Promise<string> {
  const folder = join(cache, `chromium-${versionOf('@sparticuz/chromium')}`)
  if (existsSync(folder)) return folder
  const own = `${folder}.${process.pid}`
  rmSync(own, { recursive: true, force: true })
  mkdirSync(own, { recursive: true })
  // The name of a cloud makes the package unpack the libraries too.
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'unpack-chromium.ts')], { env: { ...process.env, TMPDIR: own, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } })
  writeFileSync(
    join(own, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${join(folder, 'fonts')}</dir><include ignore_missing="yes">/etc/fonts/fonts.conf</include><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>`,
  )
  try {
    renameSync(own, folder)
  } catch (cause) {
    // Another test file was faster; its folder is as good.
    rmSync(own, { recursive: true, force: true })
    if (!existsSync(folder)) throw cause
  }
  return folder
}

function versionOf(name: string): string {
  const file: unknown = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
  if (typeof file !== 'object' || file === null || !('version' in file) || typeof file.version !== 'string') throw new Error(`${name} has no version.`)
  return file.version
}
