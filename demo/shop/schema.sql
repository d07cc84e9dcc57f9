-- A shop's production database, as such databases are: keys of every kind, and rules that the database itself enforces.

CREATE TABLE countries (
  code CHAR(2) PRIMARY KEY,
  name VARCHAR(60) NOT NULL UNIQUE,
  currency CHAR(3) NOT NULL,
  calling_code VARCHAR(4) NOT NULL
);

CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(60) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE,
  phone VARCHAR(20),
  birth_date DATE,
  segment VARCHAR(10) NOT NULL CHECK (segment IN ('consumer', 'business', 'wholesale')),
  country_code CHAR(2) NOT NULL REFERENCES countries (code),
  marketing_consent BOOLEAN NOT NULL DEFAULT 0,
  preferences JSON,
  referred_by INTEGER REFERENCES customers (id),
  default_address_id INTEGER REFERENCES addresses (id),
  created_at DATETIME NOT NULL
);

CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  label VARCHAR(10) NOT NULL CHECK (label IN ('home', 'work', 'billing', 'warehouse')),
  street VARCHAR(120) NOT NULL,
  postal_code VARCHAR(10) NOT NULL,
  city VARCHAR(60) NOT NULL,
  country_code CHAR(2) NOT NULL REFERENCES countries (code)
);

CREATE TABLE loyalty_cards (
  customer_id INTEGER PRIMARY KEY REFERENCES customers (id),
  card_number CHAR(9) NOT NULL UNIQUE,
  tier VARCHAR(8) NOT NULL CHECK (tier IN ('bronze', 'silver', 'gold')),
  points INTEGER NOT NULL CHECK (points >= 0),
  issued_on DATE NOT NULL
);

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES categories (id),
  name VARCHAR(40) NOT NULL UNIQUE
);

CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku CHAR(9) NOT NULL UNIQUE,
  name VARCHAR(80) NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories (id),
  price NUMERIC(10, 2) NOT NULL CHECK (price > 0),
  weight_grams INTEGER,
  active BOOLEAN NOT NULL DEFAULT 1,
  introduced_on DATE NOT NULL
);

CREATE TABLE employees (
  id INTEGER PRIMARY KEY,
  manager_id INTEGER REFERENCES employees (id),
  first_name VARCHAR(40) NOT NULL,
  last_name VARCHAR(60) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE,
  department VARCHAR(20) NOT NULL,
  salary NUMERIC(10, 2) NOT NULL CHECK (salary > 0),
  hired_on DATE NOT NULL
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  shipping_address_id INTEGER NOT NULL REFERENCES addresses (id),
  served_by INTEGER REFERENCES employees (id),
  channel VARCHAR(8) NOT NULL CHECK (channel IN ('web', 'app', 'phone', 'store')),
  status VARCHAR(10) NOT NULL
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'returned', 'cancelled')),
  ordered_at DATETIME NOT NULL,
  shipped_at DATETIME,
  delivered_at DATETIME,
  total NUMERIC(12, 2) NOT NULL CHECK (total >= 0),
  CHECK (shipped_at >= ordered_at),
  CHECK (delivered_at >= shipped_at)
);

CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line_number SMALLINT NOT NULL CHECK (line_number >= 1),
  product_id INTEGER NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 500),
  unit_price NUMERIC(10, 2) NOT NULL CHECK (unit_price > 0),
  amount NUMERIC(12, 2) GENERATED ALWAYS AS (round(quantity * unit_price, 2)) STORED,
  PRIMARY KEY (order_id, line_number)
);

CREATE TABLE shipments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  carrier VARCHAR(20) NOT NULL,
  tracking_number CHAR(14) NOT NULL UNIQUE,
  shipped_at DATETIME NOT NULL,
  delivered_at DATETIME,
  CHECK (delivered_at >= shipped_at)
);

CREATE TABLE shipment_lines (
  shipment_id INTEGER NOT NULL REFERENCES shipments (id),
  order_id INTEGER NOT NULL,
  line_number SMALLINT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 1),
  PRIMARY KEY (shipment_id, order_id, line_number),
  FOREIGN KEY (order_id, line_number) REFERENCES order_lines (order_id, line_number)
);

CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  method VARCHAR(10) NOT NULL CHECK (method IN ('card', 'transfer', 'invoice', 'gift_card')),
  card_number CHAR(16),
  amount NUMERIC(12, 2) NOT NULL CHECK (amount >= 0),
  status VARCHAR(10) NOT NULL CHECK (status IN ('open', 'settled', 'refunded', 'failed')),
  paid_at DATETIME
);

CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products (id),
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  rating SMALLINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
  title VARCHAR(80),
  body TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  UNIQUE (product_id, customer_id)
);

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  occurred_at DATETIME NOT NULL,
  employee_id INTEGER NOT NULL REFERENCES employees (id),
  action VARCHAR(40) NOT NULL,
  details JSON NOT NULL
);

CREATE INDEX addresses_by_customer ON addresses (customer_id);
CREATE INDEX orders_by_customer ON orders (customer_id, ordered_at);
CREATE INDEX order_lines_by_product ON order_lines (product_id);
CREATE INDEX payments_by_order ON payments (order_id);
