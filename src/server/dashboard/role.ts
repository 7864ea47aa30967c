/**
 * What somebody may do with the dashboard; each may do what those before may too.
 * - `reader`: figures of groups.
 * - `analyst`: read comments, which is kept in the audit log.
 * - `admin`: correct labels.
 */
export const ROLES = ['reader', 'analyst', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Whether a role is at least the one that is asked for. */
export function allows(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
