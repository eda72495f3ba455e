import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { unpackChromium } from '../../support/chromium-files.ts'

/**
 * Starts a headless Chromium that requires only the C library of the machine: the browser, its libraries and a font come from
 * `@sparticuz/chromium`, unpacked once (about two seconds) to `node_modules/.cache`.
 */
export async function launchChromium(): Promise<Browser> {
  const folder = await unpackChromium()
  return chromium.launch({
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
  })
}
