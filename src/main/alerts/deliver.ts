import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { systemCode } from '#contract/api/errors.ts'
import { type AlertChannel, type AlertEvent, type WebhookFormat, webhookHost } from '#contract/domain/alert.ts'

const webhookMs = 10_000
const commandMs = 30_000
/** Of what a command prints, this much is part of the message. */
const shownOutput = 300

type Webhook = Extract<AlertChannel, { type: 'webhook' }>
type Program = Extract<AlertChannel, { type: 'command' }>

/** @throws Error with a sentence that names neither the path nor the query of a webhook */
export async function deliver(channel: Webhook | Program, event: AlertEvent): Promise<void> {
  await (channel.type === 'webhook' ? post(channel, event) : execute(channel, event))
}

/** The body that a service expects. */
export function bodyOf(format: WebhookFormat, event: AlertEvent): unknown {
  switch (format) {
    case 'slack':
      return { text: event.message }
    case 'discord':
      // No message mentions people, whatever names it has.
      return { content: event.message.slice(0, 2000), allowed_mentions: { parse: [] } }
    case 'json':
      return event
  }
}

async function post({ url, format }: Webhook, event: AlertEvent): Promise<void> {
  const host = webhookHost(url)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(format, event)),
    // A redirect could lead anywhere, with the secret.
    redirect: 'manual',
    signal: AbortSignal.timeout(webhookMs),
  }).catch((cause: unknown) => {
    throw new Error(`The webhook at ${host} cannot be reached (${networkProblem(cause)}).`)
  })
  await response.body?.cancel()
  if (response.status >= 300 && response.status < 400)
    throw new Error(`The webhook at ${host} redirects to another address (status ${response.status}).`)
  if (!response.ok) throw new Error(`The webhook at ${host} answered with status ${response.status}.`)
}

/** Messages of network errors may hold the address, so that only their code is shown. */
function networkProblem(cause: unknown): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') return 'no answer within 10 s'
  return systemCode(cause instanceof Error ? cause.cause : undefined) ?? systemCode(cause) ?? 'network error'
}

/** Runs a program without a shell: its arguments are passed as they are. */
async function execute({ program, arguments: args }: Program, event: AlertEvent): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'ignore', 'pipe'],
    shell: false,
    windowsHide: true,
    env: { ...process.env, ...environmentOf(event) },
    timeout: commandMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-shownOutput)))
  // A program that does not read its input closes it.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(event)}\n`)
  const [code, signal] = await once(child, 'close').catch((cause: unknown) => {
    throw new Error(`The program ${program} cannot be started (${systemCode(cause) ?? String(cause)}).`)
  })
  if (code === 0) return
  const how = code === null ? `was ended by ${String(signal)}` : `ended with exit code ${String(code)}`
  throw new Error(`The program ${program} ${how}${output.trim() === '' ? '' : `: ${output.trim()}`}.`)
}

const environmentOf = ({ kind, message, run }: AlertEvent): NodeJS.ProcessEnv => ({
  MVD_ALERT: kind,
  MVD_MESSAGE: message,
  ...(run === undefined ? {} : { MVD_RUN: run.id, MVD_PIPELINE: run.pipeline, MVD_STEP: String(run.step) }),
})
