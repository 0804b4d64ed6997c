import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export type JobQueueProps = {
  /** Its physical name without `.fifo`, which is added. */
  queueName: string
  /** In order for each message group; duplicates within five minutes are dropped. */
  fifo: boolean
  /** The time-out of the function that reads it; AWS asks for six times as long a visibility time-out, and at least once. */
  consumerTimeoutSeconds: number
}

// How often a message is tried before it goes to the dead-letter queue.
const MAX_RECEIVE_COUNT = 5

/** A queue with its dead-letter queue, which keeps what could not be done for 14 days. */
export class JobQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  constructor(scope: Construct, id: string, { queueName, fifo, consumerTimeoutSeconds }: JobQueueProps) {
    super(scope, id)
    const suffix = fifo ? '.fifo' : ''
    const common = {
      // CDK takes `fifo: false` for a property that CloudFormation refuses.
      ...(fifo && { fifo }),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    }
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, queueName: `${queueName}-dead${suffix}` })
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName: `${queueName}${suffix}`,
      // Until a message that failed is visible again, its group stands still.
      visibilityTimeout: Duration.seconds(consumerTimeoutSeconds * (fifo ? 2 : 6)),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    })
  }
}
