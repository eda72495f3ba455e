import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { unpackChromium } from '../../support/chromium-files.ts'

/** How to start a headless Chromium of which everything but the C library comes from npm; unpacked once, in about two seconds. */
export async function chromiumCommand(): Promise<{ executablePath: string; args: string[]; env: NodeJS.ProcessEnv }> {
  const folder = await unpackChromium()
  return {
    executablePath: join(folder, 'chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--font-render-hinting=none',
    ],
    env: {
      ...process.env,
      // The window follows the language of the system; tests read English.
      LC_ALL: 'C',
      LANGUAGE: '',
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  }
}

/** Starts a headless Chromium. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch(await chromiumCommand())
}
