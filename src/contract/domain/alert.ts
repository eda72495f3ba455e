import { z } from 'zod'
import { formatVersions } from '../layout.ts'
import { metricName } from './metric.ts'
import { plateauRule } from './plateau.ts'

/** What an alert can be about. `failed` also stands for a run whose process was lost. */
export const alertKinds = ['finished', 'failed', 'diverged', 'stalled', 'plateau', 'disk-low'] as const
export const alertKind = z.enum(alertKinds)
export type AlertKind = z.infer<typeof alertKind>

/** Body that a webhook gets: that of Slack or Discord, or the event itself. */
export const webhookFormats = ['slack', 'discord', 'json'] as const
export const webhookFormat = z.enum(webhookFormats)
export type WebhookFormat = z.infer<typeof webhookFormat>

const webhookUrl = z
  .string()
  .max(2000)
  .refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), {
    error: 'The address of a webhook begins with https:// or http://.',
  })

/** Names of the formats, the same in every language. */
export const webhookFormatNames: Record<WebhookFormat, string> = { slack: 'Slack', discord: 'Discord', json: 'JSON' }

/** How an alert reaches people. The address of a webhook is a secret: with it, anyone can post there. */
export const alertChannel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('desktop') }),
  z.object({ type: z.literal('webhook'), url: webhookUrl, format: webhookFormat.default('json') }),
  z.object({
    type: z.literal('command'),
    program: z.string().trim().min(1, 'Name a program.').max(1000),
    arguments: z.array(z.string().max(10_000)).max(100).default([]),
  }),
])
export type AlertChannel = z.infer<typeof alertChannel>
export const alertChannelTypes = ['desktop', 'webhook', 'command'] as const
export type AlertChannelType = AlertChannel['type']

export const defaultPlateau = { metric: 'validation/loss', patience: 10, minImprovement: 0 }

/** What a person wants to be told, and how. */
export const alertRequest = z.object({
  kinds: z.array(alertKind).min(1, 'Choose at least one event.'),
  channel: alertChannel,
  /** For `plateau`. */
  plateau: plateauRule.default(defaultPlateau),
  /** For `disk-low`: space of the disk of the workspace below which it is low. */
  diskLowGib: z.number().gt(0).max(1_000_000).default(5),
})
export type AlertRequest = z.infer<typeof alertRequest>

export const alertRule = alertRequest.extend({ id: z.string(), createdAt: z.string() })
export type AlertRule = z.infer<typeof alertRule>

/** A rule as it leaves the studio: of a webhook only scheme and host. */
export const shownAlertRule = alertRule.extend({
  channel: z.discriminatedUnion('type', [
    z.object({ type: z.literal('desktop') }),
    z.object({ type: z.literal('webhook'), host: z.string(), format: webhookFormat }),
    z.object({ type: z.literal('command'), program: z.string(), arguments: z.array(z.string()) }),
  ]),
  /** Why the last delivery failed for good; null if it did not. */
  problem: z.object({ at: z.string(), message: z.string() }).nullable(),
})
export type ShownAlertRule = z.infer<typeof shownAlertRule>

/** Something that happened. */
export const alertEvent = z.object({
  /** Unique: an event is delivered once for each rule. */
  id: z.string(),
  kind: alertKind,
  at: z.string(),
  /** One sentence in English. */
  message: z.string(),
  /** True if a person asked for it, to see whether it arrives. */
  isTest: z.boolean().default(false),
  run: z
    .object({
      id: z.string(),
      pipeline: z.string(),
      stage: z.string(),
      step: z.int(),
      totalSteps: z.int().nullable(),
    })
    .optional(),
  /** Of a plateau. */
  metric: z.object({ name: metricName, best: z.number(), bestStep: z.int() }).optional(),
})
export type AlertEvent = z.infer<typeof alertEvent>

/** `alerts/rules.json`, for the owner only. */
export const alertRulesFile = z.object({
  version: z.literal(formatVersions.alerts),
  rules: z.array(alertRule),
})

const delivery = z.object({ rule: z.string(), event: alertEvent, tries: z.int() })
export type Delivery = z.infer<typeof delivery>

/** `alerts/state.json`: what was delivered already, so that nothing is said twice. */
export const alertStateFile = z.object({
  version: z.literal(formatVersions.alerts),
  /** `<rule>|<event>` in the order in which they happened; early ones are forgotten. */
  handled: z.array(z.string()),
  /** What is still to be delivered. */
  pending: z.array(delivery),
  /** Rules whose disk is low, until it has space again. */
  lowDisks: z.array(z.string()),
})
export type AlertState = z.infer<typeof alertStateFile>

/** Scheme and host of a webhook, without its secret path. */
export const webhookHost = (url: string): string => {
  const parsed = URL.parse(url)
  return parsed === null ? '' : `${parsed.protocol}//${parsed.host}`
}

export function shownRule({ channel, ...rule }: AlertRule, problem: ShownAlertRule['problem']): ShownAlertRule {
  return {
    ...rule,
    channel:
      channel.type === 'webhook'
        ? { type: 'webhook', host: webhookHost(channel.url), format: channel.format }
        : channel,
    problem,
  }
}

/** What a window learns: the rules, a notification to show, a delivery that failed for good. */
export const alertsEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rules'), rules: z.array(shownAlertRule) }),
  z.object({ type: z.literal('notice'), event: alertEvent }),
  z.object({ type: z.literal('failed'), message: z.string() }),
])
export type AlertsEvent = z.infer<typeof alertsEvent>
