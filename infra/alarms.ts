import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { QueueName } from '../shared/contract/queues.ts'
import type { AlarmRow } from './constructs/monitoring.ts'
import type { ApiStack } from './stacks/api-stack.ts'
import type { DataStack } from './stacks/data-stack.ts'
import type { MediaStack } from './stacks/media-stack.ts'

const GB = 1024 ** 3
const minute = { period: Duration.minutes(1) }
const fiveMinutes = { period: Duration.minutes(5) }
const tenMinutes = { period: Duration.minutes(10) }
const halfAnHour = { period: Duration.minutes(30) }

const lostBy: Record<QueueName, string> = {
  ingest: 'An uploaded video is never processed: its owner sees "Waiting" until the upload expires.',
  events: "Somebody's open page stopped getting progress; it catches up when it reconnects or reloads.",
  summaries: 'A summary was not written; its job says so, and asking again tries again.',
  'media-progress':
    'Nobody loses anything; the progress of a video stands still while its file is worked on.',
  cleanup:
    'Nobody loses anything; files of deleted videos stay stored and are paid for, and a promise of deletion is broken.',
}

/**
 * Counts failures that end no function: a video is processed also without words or summary, and the
 * queue repeats the message of a summary after an hour.
 */
const aiFailures = ({ functions }: MediaStack, namespace: string) => {
  const metric = { namespace, metricName: 'AiFailures' }
  functions['pipeline-summarise']!.countLines('Summary generation failed', metric)
  functions['worker-summarise']!.countLines('Summary generation failed', metric)
  functions['pipeline-transcribe']!.countLines('AI service failed', metric)
  return new Metric({ ...metric, ...halfAnHour, statistic: 'Sum' })
}

/** Every alarm, with what a user loses while it rings. docs/runbook.md has a section for each. */
export const alarmRows = ({
  data,
  media,
  api,
}: {
  data: DataStack
  media: MediaStack
  api: ApiStack
}): AlarmRow[] => [
  ...Object.entries(data.queues).map(([name, { deadLetters }]) => ({
    name: `${name}-dead-letters`,
    description: `${lostBy[name as QueueName]} Read the message, mend the cause, redrive.`,
    metric: deadLetters.metricApproximateNumberOfMessagesVisible({ ...minute, statistic: 'Maximum' }),
    threshold: 0,
  })),
  {
    name: 'undelivered-events',
    description:
      'A pipeline that ended badly was not recorded: its video says "processing" until the next reconciliation. Read the message.',
    metric: media.undelivered.metricApproximateNumberOfMessagesVisible({ ...minute, statistic: 'Maximum' }),
    threshold: 0,
  },
  {
    name: 'pipeline-failed',
    description:
      'A good video ended in status error and its owner has to retry. Files that are no videos do not count here.',
    metric: media.pipeline.stateMachine.metricFailed({ ...fiveMinutes }),
    threshold: 0,
  },
  {
    name: 'pipeline-timed-out',
    description:
      'A video was given up after VIDEO_PROCESSING_TIMEOUT and its owner has to retry. The hub may be out of places.',
    metric: media.pipeline.stateMachine.metricTimedOut({ ...fiveMinutes }),
    threshold: 0,
  },
  {
    name: 'ai-failing',
    description:
      'Videos are finished without summary or without words, and summaries that users ask for do not come: OpenAI or Transcribe refuses.',
    metric: aiFailures(media, data.foundation.prefix),
    threshold: 1,
  },
  {
    name: 'ingest-backlog',
    description:
      'Uploaded videos have waited for more than 15 minutes without starting: to their owners the upload seems to hang.',
    metric: data.queues.ingest.queue.metricApproximateAgeOfOldestMessage({ ...fiveMinutes }),
    threshold: 15 * 60,
  },
  {
    name: 'events-late',
    description: 'Progress reaches open pages more than two minutes late.',
    metric: data.queues.events.queue.metricApproximateAgeOfOldestMessage({ ...minute }),
    threshold: 120,
  },
  {
    name: 'reconcile-failing',
    description:
      'Nothing repairs lost messages, expires uploads or frees stuck places: small losses stop healing themselves.',
    metric: media.functions['scheduled-reconcile']!.metricErrors({ ...fiveMinutes }),
    threshold: 3,
  },
  {
    name: 'reconcile-silent',
    description:
      'The schedule has not run for ten minutes: lost messages, expired uploads and stuck places stay as they are.',
    metric: media.functions['scheduled-reconcile']!.metricInvocations({ ...tenMinutes, statistic: 'Sum' }),
    threshold: 1,
    when: 'below',
    missing: 'alarm',
  },
  {
    name: 'api-errors',
    description:
      'Users get "Something went wrong" from the API: more than 5 answers of 5xx within five minutes.',
    metric: api.rest.api.metricServerError({ ...fiveMinutes, statistic: 'Sum' }),
    threshold: 5,
  },
  {
    name: 'realtime-errors',
    description:
      'Pages cannot open or use their live connection and show no progress until they are reloaded.',
    metric: api.functions.realtime!.metricErrors({ ...fiveMinutes }),
    threshold: 5,
  },
  {
    name: 'database-storage',
    description: 'When the disk is full nobody can sign in, upload or see a video. Less than 3 GB are left.',
    metric: data.database.instance.metricFreeStorageSpace({ ...fiveMinutes, statistic: 'Minimum' }),
    threshold: 3 * GB,
    when: 'below',
  },
  {
    name: 'database-cpu',
    description:
      'Everything is slow for everybody: the database has worked at more than 90 % for 15 minutes.',
    metric: data.database.instance.metricCPUUtilization({ ...fiveMinutes }),
    threshold: 90,
    periods: 3,
  },
]
