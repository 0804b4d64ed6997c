import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export type JobQueueProps = {
  /** Its physical name without `.fifo`, which is added. */
  queueName: string
  /** In order for each message group; duplicates within five minutes are dropped. */
  fifo: boolean
  /**
   * The time-out of the function that reads it; AWS asks for six times as long a visibility
   * time-out, and at least once.
   */
  consumerTimeoutSeconds: number
}

// How often a message is tried before it goes to the dead-letter queue.
const MAX_RECEIVE_COUNT = 5

/** A queue, and the dead-letter queue of messages that failed five times. */
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
      removalPolicy: RemovalPolicy.DESTROY,
    }
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: `${queueName}-dead${suffix}`,
      retentionPeriod: Duration.days(14),
    })
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName: `${queueName}${suffix}`,
      // A dead letter keeps the age of its message: 14 - 4 days are left to redrive it.
      retentionPeriod: Duration.days(4),
      // Until a message that failed is visible again, its group stands still.
      visibilityTimeout: Duration.seconds(consumerTimeoutSeconds * (fifo ? 2 : 6)),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVE_COUNT },
    })
  }
}
