import { type Command, InvalidArgumentError, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import {
  type AlertChannel,
  alertChannelTypes,
  type AlertKind,
  alertKinds,
  type AlertRequest,
  defaultPlateau,
  type ShownAlertRule,
  type WebhookFormat,
  webhookFormats,
} from '#contract/domain/alert.ts'
import { didYouMean } from '#contract/nearest.ts'
import { withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { wholeNumber } from './pipelines.ts'

interface AddOptions {
  on: AlertKind[]
  webhook?: string
  format: WebhookFormat
  command?: string
  desktop?: true
  metric: string
  patience: number
  minImprovement: number
  diskLow: number
}

/** Adds the verbs for alerts. */
export function addAlertVerbs(program: Command): void {
  const alert = program
    .command('alert')
    .description('notifications when a run ends, diverges, stalls or no longer improves, or the disk is low')

  alert
    .command('list')
    .description('list the alerts; of webhooks only the host is shown, since their address is a secret')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const rules = await withStudio(workspace, (client) => client.alerts.list({}))
      show(isJson, rules, (list) =>
        list.length === 0
          ? 'There is no alert. "alert add --help" shows how to add one.'
          : table(
              ['Alert', 'Events', 'Channel'],
              list.map((rule) => [rule.id, rule.kinds.join(', '), channelText(rule)]),
            ),
      )
    })

  alert
    .command('add')
    .description('add an alert')
    .argument('[arguments...]', 'of the program of --command, after --')
    .requiredOption('--on <events>', `separated by commas: ${alertKinds.join(', ')}, or all`, kinds)
    .option('--desktop', 'notifications of open windows')
    .option('--webhook <url>', 'post to this address')
    .addOption(new Option('--format <name>', 'body of the webhook').choices(webhookFormats).default('json'))
    .option('--command <program>', 'run this program, without a shell; it gets the event as JSON on standard input')
    .option('--metric <name>', 'metric of a plateau', defaultPlateau.metric)
    .option('--patience <count>', 'values without improvement that are a plateau', wholeNumber, defaultPlateau.patience)
    .option('--min-improvement <number>', 'an improvement is larger than this', amount, defaultPlateau.minImprovement)
    .option('--disk-low <GiB>', 'free space below which the disk is low', amount, 5)
    .action(async (args: string[], options: AddOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const { on, metric, patience, minImprovement, diskLow } = options
      const request: AlertRequest = {
        kinds: on,
        channel: channelOf(options, args),
        plateau: { metric, patience, minImprovement },
        diskLowGib: diskLow,
      }
      const rule = await withStudio(workspace, (client) => client.alerts.add(request))
      show(isJson, rule, ({ id }) => `Added the alert ${id}. Try it: alert test ${id}`)
    })

  alert
    .command('remove')
    .description('remove an alert')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      await withStudio(workspace, (client) => client.alerts.remove({ id }))
      show(isJson, { removed: id }, () => `Removed the alert ${id}.`)
    })

  alert
    .command('test')
    .description('deliver a test')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const { problem } = await withStudio(workspace, (client) => client.alerts.test({ id }))
      if (problem !== null)
        throw new StudioError('bad-request', problem, 'Correct the alert: remove it, and add it again.')
      show(isJson, { delivered: true }, () => 'The test was delivered.')
    })
}

function channelOf({ desktop, webhook, format, command }: AddOptions, args: string[]): AlertChannel {
  const given = [desktop, webhook, command].filter((value) => value !== undefined)
  if (given.length !== 1)
    throw new StudioError(
      'bad-request',
      'An alert has one channel.',
      `Give one of ${alertChannelTypes.map((type) => `--${type}`).join(', ')}.`,
    )
  if (webhook !== undefined) return { type: 'webhook', url: webhook, format }
  return command === undefined ? { type: 'desktop' } : { type: 'command', program: command, arguments: args }
}

function channelText({ channel, problem }: ShownAlertRule): string {
  const text =
    channel.type === 'webhook'
      ? `${channel.format} webhook at ${channel.host}`
      : channel.type === 'command'
        ? [channel.program, ...channel.arguments].join(' ')
        : 'desktop'
  return problem === null ? text : `${text}\n${problem.message}`
}

function kinds(text: string): AlertKind[] {
  if (text.trim() === 'all') return [...alertKinds]
  return text.split(',').map((part) => {
    const found = alertKinds.find((kind) => kind === part.trim())
    if (found === undefined)
      throw new InvalidArgumentError(didYouMean(part.trim(), alertKinds, `Events: ${alertKinds.join(', ')}.`))
    return found
  })
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It takes a number from 0 on.')
  return value
}
