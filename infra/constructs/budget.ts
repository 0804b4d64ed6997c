import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { Construct } from 'constructs'

export type BudgetProps = {
  /** The name of the budget. */
  name: string
  /** USD a month. */
  monthlyUsd: number
  /** The address that gets the mails. */
  email: string
}

/**
 * Mails when the account has spent 50, 80 and 100 % of a month's budget, and when the forecast
 * exceeds it.
 */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, { name, monthlyUsd, email }: BudgetProps) {
    super(scope, id)
    const mailAt = (threshold: number, notificationType: 'ACTUAL' | 'FORECASTED') => ({
      notification: {
        comparisonOperator: 'GREATER_THAN',
        notificationType,
        threshold,
        thresholdType: 'PERCENTAGE',
      },
      subscribers: [{ subscriptionType: 'EMAIL', address: email }],
    })
    new CfnBudget(this, 'Monthly', {
      budget: {
        budgetName: name,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
      },
      notificationsWithSubscribers: [
        ...[50, 80, 100].map(percent => mailAt(percent, 'ACTUAL')),
        mailAt(100, 'FORECASTED'),
      ],
    })
  }
}
