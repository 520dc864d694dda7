/** The same at every member, since each has an address of its own. */
export const PORTS = { control: 8080, link: 8090, admin: 9090, names: 9010, tls: 443, http: 80 };

export const DOMAIN = 'relay.example';
